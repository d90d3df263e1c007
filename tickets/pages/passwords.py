"""Check the password of whoever is signed in already."""

from __future__ import annotations

from django.contrib import auth
from django.http import HttpRequest

from ..access.throttling import throttle_sign_in


def is_right_password(request: HttpRequest, password: str) -> bool:
    """Return whether it is the signed-in account's. The limits of signing in apply here, too.

    Raises RateLimited. Past SIGN_IN_FAILURES django-axes answers the request.
    """
    throttle_sign_in(request)
    name = request.user.get_username()
    return auth.authenticate(request, username=name, password=password) == request.user

"""What the lists of the back office share: no work that grows with the table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..access import Actor, user_actor

# Django's own classes take no type parameter at run time.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    StackedInline = admin.StackedInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    UserAdmin = DjangoUserAdmin[User]
else:
    ModelAdmin, StackedInline = admin.ModelAdmin, admin.StackedInline
    ModelForm, UserAdmin = forms.ModelForm, DjangoUserAdmin

# What the links of the filters compare with.
FILTER_LOOKUPS = ("", "exact", "id__exact", "isnull", "gte", "lt")


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than `most`: counting a large table takes longer than reading a page."""

    most = 5000

    @cached_property
    def count(self) -> int:
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[: self.most].count()

    @property
    def is_bounded(self) -> bool:
        return self.count == self.most


class DeskModelAdmin(ModelAdmin):
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters ask: others would scan the table, or tell of secret columns."""
        field, _, comparison = lookup.partition("__")
        return field in self._filter_names() and comparison in FILTER_LOOKUPS

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        # No links beside an account's name that would change or delete the account itself.
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def _filter_names(self) -> set[str]:
        return {str(getattr(item, "parameter_name", item)) for item in self.list_filter}


def acting(request: HttpRequest) -> Actor:
    """Whoever is signed in: nobody else comes this far."""
    return user_actor(cast(User, request.user))


def badge(kind: str, value: str) -> SafeString:
    """A value's shape, word and colour, as on the pages; the shapes of what only the back
    office shows are in `static/css/admin.css`."""
    return format_html(
        '<span class="badge {0}-{1}"><svg class="icon" aria-hidden="true">'
        '<use href="#i-{0}-{1}"/></svg>{2}</span>',
        kind,
        value,
        value.replace("_", " ").capitalize(),
    )


def moment(time: datetime | None) -> str:
    return date_format(time, "j M Y, H:i") if time else "never"

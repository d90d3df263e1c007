"""A person's data in the back office: export it, or erase it."""

from __future__ import annotations

import tempfile
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminEmailInputWidget
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from ..exceptions import InvalidInput
from ..models.events import ErasedAddress
from ..services.personal_data.export import export_person
from ..services.personal_data.people import Person, erase_person
from ..vocabulary import MAX_EMAIL_CHARS
from .base import ReadOnlyAdmin, format_time, signed_in_actor

PAGE = "tickets_erasedaddress_person"


class PersonForm(forms.Form):
    """Whose data it is. An address that the desk would not accept today may still be stored."""

    address = forms.CharField(
        label="Email address", max_length=MAX_EMAIL_CHARS, widget=AdminEmailInputWidget
    )

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        try:
            return Person.of(address).address
        except InvalidInput as refused:
            raise forms.ValidationError(refused.errors["address"]) from None


class EraseForm(PersonForm):
    """Whose data is erased. The address is typed again, since nobody can undo it."""

    again = forms.CharField(
        label="Type the address again to erase it",
        max_length=MAX_EMAIL_CHARS,
        widget=AdminEmailInputWidget,
    )

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"]).strip()
        if again != self.cleaned_data.get("address"):
            raise forms.ValidationError("This is another address. Nothing was erased.")
        return again


@admin.register(ErasedAddress)
class ErasedAddressAdmin(ReadOnlyAdmin):
    """Says when somebody was erased, and not who: the address is not stored."""

    list_display = ("hash_begin", "erased_by", "erased")
    list_display_links = None
    sortable_by = ()
    ordering = ("-id",)
    fields = ("hash_begin", "erased_by", "erased")
    readonly_fields = fields
    grants = ("view",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.person_view)
        return [path("person/", page, name=PAGE), *super().get_urls()]

    @admin.display(description="Hash of the address")
    def hash_begin(self, row: ErasedAddress) -> str:
        return f"{row.keyed_hash[:12]}…"

    @admin.display(description="Erased by")
    def erased_by(self, row: ErasedAddress) -> str:
        return row.actor

    @admin.display(description="When")
    def erased(self, row: ErasedAddress) -> str:
        return format_time(row.erased_at)

    def person_view(self, request: HttpRequest) -> HttpResponseBase:
        """Say what there is of an address; export it, or erase it once it is confirmed."""
        may_erase = self.has_view_permission(request) and request.user.has_perm(
            "tickets.delete_ticket"
        )
        if not may_erase:
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, PersonForm())
        form = PersonForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        address = form.cleaned_data["address"]
        match request.POST.get("action"):
            case "export":
                return _download(address)
            case "erase":
                erasing = EraseForm(request.POST)
                if erasing.is_valid():
                    return self._erase(request, address)
                return self._page(request, form, erasing)
        return self._page(request, form, EraseForm(initial={"address": address}))

    def _erase(self, request: HttpRequest, address: str) -> HttpResponse:
        erased = erase_person(address, signed_in_actor(request))
        for sentence in erased.sentences:
            self.message_user(request, sentence, messages.SUCCESS)
        return redirect("admin:tickets_erasedaddress_changelist")

    def _page(
        self, request: HttpRequest, form: PersonForm, erasing: EraseForm | None = None
    ) -> HttpResponse:
        person = Person.of(form.cleaned_data["address"]) if erasing else None
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "A person's data",
            "opts": self.opts,
            "form": form,
            "erasing": erasing,
            "person": person,
            "counts": person.counts if person else {},
        }
        return TemplateResponse(request, "admin/tickets/erasedaddress/person.html", context)


def _download(address: str) -> FileResponse:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    export_person(address, file)
    file.seek(0)
    name = f"person-{timezone.localdate():%Y-%m-%d}.zip"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response

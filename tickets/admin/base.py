"""What the admin's pages share. No page does work that grows with the size of a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..access.actors import Actor, user_actor
from ..exceptions import InvalidInput, NotFound
from ..models.ticket import Ticket
from ..web.notices import notify
from ..web.times import short_time, time_element
from ..web.wording import number, plural

# Django's own classes take no type parameter at run time.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    StackedInline = admin.StackedInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    UserAdmin = DjangoUserAdmin[User]
else:
    ModelAdmin, StackedInline = admin.ModelAdmin, admin.StackedInline
    ModelForm, UserAdmin = forms.ModelForm, DjangoUserAdmin
GroupAdmin = DjangoGroupAdmin

FIELD_LOOKUPS = ("exact", "isnull", "gte", "lt")  # in the links of the filters
MAX_CONFIRMED = 500  # rows that a confirmation page may name: a form has up to 1000 fields
NEWEST = 50_000  # rows, by id, that are read where no index helps


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to `max_count`: counting a large table takes longer than reading a page."""

    max_count = 5000

    @cached_property
    def count(self) -> int:
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[: self.max_count].count()

    @property
    def is_bounded(self) -> bool:
        return self.count == self.max_count


def searched_number(search_term: str) -> str:
    """Return the number of a ticket that somebody searches for, as `123` or `#123`; "" if none."""
    number = re.fullmatch(r"\s*#?(\d{1,18})\s*", search_term)
    return number[1] if number else ""


class DeskModelAdmin(ModelAdmin):
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    max_selected = 1000  # rows that one action may change
    confirmed_actions: tuple[str, ...] = ("delete_selected",)  # these show a page that asks first
    # The permissions that have an effect here. In a list that nobody edits, "change" allows the
    # list's actions.
    grants: tuple[str, ...] = ("view", "add", "change", "delete")
    limit_note = ""  # for a list that shows only some of its rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return "add" in self.grants and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "delete" in self.grants and super().has_delete_permission(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow what the filters use. Other lookups could scan the table or guess a secret."""
        fields = [item for item in self.list_filter if isinstance(item, str)]
        parameters = [getattr(item, "parameter_name", None) for item in self.list_filter]
        name, _, comparison = lookup.partition("__")
        return lookup in parameters or (name in fields and comparison in FIELD_LOOKUPS)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        for data in (request.GET, request.POST):
            require_numbers(data, self.autocomplete_fields)
        return super().changeform_view(request, *args, **kwargs)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Treat an empty `_to_field` in the address like none, which Django does not."""
        return super().get_object(request, object_id, from_field or None)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        # Show no links beside an account's name that change or delete the account itself.
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Show the user the text they sent if somebody deleted the row in the meantime."""
        if request.method == "POST":
            raise NotFound(f"This {self.opts.verbose_name} no longer exists: somebody deleted it.")
        parent = cast(Any, super())
        return cast(HttpResponse, parent._get_obj_does_not_exist_redirect(request, opts, object_id))

    def get_deleted_objects(  # type: ignore[override]  # the counts may be bounded
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, str], set[str], list[str]]:
        """Count the related rows that are deleted too: naming each could take minutes.

        The permission to delete a row covers its related rows.
        """
        rows = list(objs)
        counts = {str(self.opts.verbose_name_plural): number(len(rows))}
        for relation in self.opts.related_objects:
            related = cast(Any, relation.related_model)
            if relation.on_delete is models.CASCADE and not related._meta.auto_created:
                matching = related._base_manager.filter(**{f"{relation.field.name}__in": rows})
                if count := matching[: BoundedPaginator.max_count].count():
                    more = " or more" if count == BoundedPaginator.max_count else ""
                    counts[str(related._meta.verbose_name_plural)] = f"{number(count)}{more}"
        forbidden = not all(self.has_delete_permission(request, row) for row in rows)
        return (
            [str(row) for row in rows],
            counts,
            {str(self.opts.verbose_name)} if forbidden else set(),
            [],
        )

    # --- actions ---

    def response_action(  # type: ignore[override]  # as Django 5.2 has it
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Refuse an action on more rows than one request can handle."""
        require_numbers(request.POST, [ACTION_CHECKBOX_NAME, *self.autocomplete_fields])
        confirmed = request.POST.get("action") in self.confirmed_actions
        limit = MAX_CONFIRMED if confirmed else self.max_selected
        if _selects_all(request) and queryset[limit:].exists():
            rows = self.opts.verbose_name_plural
            text = f"You can select up to {limit} {rows}. Narrow the list. Nothing was changed."
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        response = super().response_action(request, queryset)
        if isinstance(response, HttpResponseRedirect) and PAGE_VAR in request.GET:
            try:
                self.get_changelist_instance(request)
            except IncorrectLookupParameters:  # the action has left fewer pages
                query = request.GET.copy()
                del query[PAGE_VAR]
                return HttpResponseRedirect(f"?{query.urlencode()}")
        return response

    def ask_for_agent(
        self, request: HttpRequest, rows: Collection[Any], form: forms.Form, **context: str
    ) -> HttpResponse:
        """Ask who gets tickets, on a page whose form runs the action again, with `assign`.

        `context` has the page's `title`, the `question`, the `action` and the `button`.
        """
        page: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "rows": rows,
            "form": form,
            "media": self.media + form.media,
            **context,
        }
        return TemplateResponse(request, "admin/assign.html", page)

    def log_each(
        self, request: HttpRequest, rows: Iterable[Any], message: str, flag: int = CHANGE
    ) -> None:
        """Log who did this to each row, for the row's history and the start page."""
        content_type = ContentType.objects.get_for_model(self.model)
        LogEntry.objects.bulk_create(
            LogEntry(
                user=signed_in_actor(request).user,
                content_type=content_type,
                object_id=row.pk,
                object_repr=self.log_name(row)[:200],
                action_flag=flag,
                change_message=message,
            )
            for row in rows
        )

    def log_name(self, row: Any) -> str:
        return str(row)

    def report_action(
        self,
        request: HttpRequest,
        acted: int,
        existing: int,
        *sentences: str,
        undo: Collection[Ticket] = (),
    ) -> None:
        """Tell the user what an action did, and how many selected rows no longer exist.

        `acted` counts the changed rows and `existing` the selected rows that still exist. The
        notice is a success if the action changed any.
        """
        texts = [sentence for sentence in sentences if sentence]
        selected = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
        missing = 0 if _selects_all(request) else len(selected) - existing
        if missing:
            noun, nouns = str(self.opts.verbose_name), str(self.opts.verbose_name_plural)
            verb = "exists" if missing == 1 else "exist"
            texts.append(f"{plural(missing, noun, nouns)} no longer {verb}.")
        level = messages.SUCCESS if acted else messages.WARNING
        notify(request, " ".join(texts), undo, level=level)


class ReadOnlyAdmin(DeskModelAdmin):
    """For rows that only the program writes."""

    grants: tuple[str, ...] = ("view", "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may run the list's actions."""
        return super().has_change_permission(request)


def require_numbers(data: QueryDict, names: Iterable[str]) -> None:
    """Raise InvalidInput if a value of these inputs is not a row's id.

    Django's action form and autocomplete widget query the database for them unchecked.
    """
    for name in names:
        empty = [""] if name != ACTION_CHECKBOX_NAME else []
        for value in data.getlist(name):
            if value not in empty and not re.fullmatch(r"[0-9]{1,18}", value):
                raise InvalidInput(errors={name: ["This is not a valid id."]})


def _selects_all(request: HttpRequest) -> bool:
    """Return whether an action is for all matching rows, not only for the selected ones."""
    return bool(forms.BooleanField().to_python(request.POST.get("select_across")))


def newest(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Limit a queryset to the NEWEST ids, so that a filter without an index reads only these."""
    latest = queryset.model._default_manager.aggregate(latest=Max("pk"))["latest"] or 0
    return queryset.filter(pk__gt=latest - NEWEST)


def signed_in_actor(request: HttpRequest) -> Actor:
    return user_actor(cast(User, request.user))


def badge(kind: str, value: str, label: str = "") -> SafeString:
    """Return a value's icon, label and colour, as on the desk's pages.

    The kinds that only the admin shows are in `static/css/admin.css`.
    """
    return format_html(
        '<span class="badge {0}-{1}"><svg class="icon" aria-hidden="true">'
        '<use href="#i-{0}-{1}"/></svg>{2}</span>',
        kind,
        value,
        label or value.replace("_", " ").capitalize(),
    )


def link_to_ticket(ticket_id: int) -> SafeString:
    """Return a link to a ticket's page in the back office."""
    address = reverse("admin:tickets_ticket_change", args=[ticket_id])
    return format_html('<a href="{}">Ticket #{}</a>', address, ticket_id)


def format_time(moment: datetime | None) -> str:
    return time_element(moment, short_time(moment), shows="time") if moment else "never"

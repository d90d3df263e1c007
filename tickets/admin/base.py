"""What the lists of the back office share: no work that grows with the table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import TO_FIELD_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ..access.actors import Actor, user_actor
from ..exceptions import InvalidInput, NotFound
from ..forms.fields import MomentField

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

NO_FILTER = "This list has no such filter."
# What the links of the filters compare with.
FILTER_LOOKUPS = ("", "exact", "id__exact", "isnull", "gte", "lt")
# How many rows a page in between may name: a form has up to 1000 fields.
MOST_NAMED = 500
# How many rows, the newest, are looked through where no index helps.
NEWEST = 50_000


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


def _check(spec: admin.ListFilter, name: str, value: str) -> None:
    """Raise InvalidInput for a value that this filter cannot be set to."""
    known: set[str]
    if isinstance(spec, admin.DateFieldListFilter) and not name.endswith("__isnull"):
        try:
            MomentField().clean(value)
        except ValidationError as error:
            raise _invalid(name, *error.messages) from None
        return
    if name.endswith("__isnull"):
        known = {"True", "False"}
    elif isinstance(spec, admin.BooleanFieldListFilter):
        known = {"0", "1"}
    elif isinstance(spec, admin.ChoicesFieldListFilter):
        known = {str(choice) for choice, _ in cast(Any, spec.field).flatchoices}
    else:
        known = {str(choice) for choice, _ in cast(admin.SimpleListFilter, spec).lookup_choices}
    if value not in known:
        raise _invalid(name, f"“{value[:100]}” is nothing that this filter can be set to.")


def _invalid(name: str, *words: str) -> InvalidInput:
    return InvalidInput(errors={name: list(words)})


class PlainName:
    """A model's options under the names by which people know it and its section."""

    def __init__(self, opts: Any, noun: str, section: str) -> None:
        self._opts = opts
        if noun:
            self.verbose_name, self.verbose_name_plural = noun, f"{noun}s"
        self.app_config = SimpleNamespace(verbose_name=section)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opts, name)


class DeskChangeList(ChangeList):
    """Refuses what an address asks of the list and it cannot give, and names it."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(request, *args, **kwargs)
        except IncorrectLookupParameters:
            raise InvalidInput("The list cannot be shown as the address asks.") from None
        except DisallowedModelAdminToField:
            raise _invalid(TO_FIELD_VAR, "This list is not asked by it.") from None
        self.opts = self.model_admin.opts

    def get_filters(self, request: HttpRequest) -> Any:
        for name, values in self.get_filters_params().items():
            if not all(self.model_admin.lookup_allowed(name, each, request) for each in values):
                raise _invalid(name, NO_FILTER)
        found = super().get_filters(request)
        specs, _, unused, *_ = found
        for name in unused:
            raise _invalid(name, NO_FILTER)
        for spec in specs:
            for parameter in filter(None, spec.expected_parameters()):
                for value in request.GET.getlist(parameter):
                    _check(spec, parameter, value)
        return found

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        asked = self.params.get(ORDER_VAR)
        sortable = self.model_admin.get_sortable_by(request)
        columns = {
            f"{number}"
            for number, name in enumerate(self.list_display)
            if name in sortable and self.get_ordering_field(name)
        }
        if asked and not {each.removeprefix("-") for each in asked.split(".")} <= columns:
            raise _invalid(ORDER_VAR, "This list is not sorted by such columns.")
        return super().get_ordering(request, queryset)

    def get_results(self, request: HttpRequest) -> None:
        asked = str(request.GET.get(PAGE_VAR, "1"))
        if not re.fullmatch(r"[1-9][0-9]{0,8}", asked):
            raise _invalid(PAGE_VAR, "This is not the number of a page.")
        with suppress(IncorrectLookupParameters):
            super().get_results(request)
            if int(asked) <= self.paginator.num_pages:
                return
        raise _invalid(PAGE_VAR, f"The list has no page {asked}.")


class AccountSelect(AutocompleteSelect):
    """Shows nobody for what names no account, as an address may have it."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        numbers = [each for each in value if re.fullmatch(r"[0-9]{1,9}", str(each))]
        return super().optgroups(name, numbers, attr)


class DeskModelAdmin(ModelAdmin):
    noun = ""  # what people call a row, where the model's own name is technical
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    most_at_once = 1000  # rows that one action may change
    asks_first: tuple[str, ...] = ("delete_selected",)  # actions with a page in between
    # The permissions that do something here; of a list that is only read, what is offered
    # beside reading counts as a change.
    grants: tuple[str, ...] = ("view", "add", "change", "delete")
    # Said below a list that shows only some of its rows.
    looks_at = ""

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.opts = cast(Any, PlainName(self.opts, self.noun, admin_site.section_of(model)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return "add" in self.grants and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "delete" in self.grants and super().has_delete_permission(request, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeskChangeList

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

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AccountSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """What was written into the form of a row that is gone is given back."""
        if request.method == "POST":
            raise NotFound(f"This {self.opts.verbose_name} is gone: somebody deleted it meanwhile.")
        above = cast(Any, super())
        return cast(HttpResponse, above._get_obj_does_not_exist_redirect(request, opts, object_id))

    def get_deleted_objects(  # type: ignore[override]  # the counts may be bounded
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, str], set[str], list[str]]:
        """Count what goes along with the rows: to name each could take minutes.

        Whoever may delete a row may delete what hangs on it; the parts' own pages do not matter.
        """
        rows = list(objs)
        counts = {str(self.opts.verbose_name_plural): f"{len(rows)}"}
        for relation in self.opts.related_objects:
            parts = cast(Any, relation.related_model)
            if relation.on_delete is models.CASCADE and not parts._meta.auto_created:
                found = parts._base_manager.filter(**{f"{relation.field.name}__in": rows})
                if number := found[: BoundedPaginator.most].count():
                    bounded = number == BoundedPaginator.most
                    told = f"{number} or more" if bounded else f"{number}"
                    counts[plural(self.admin_site, parts)] = told
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
        """Refuse to act on more rows than one request can carry."""
        asks = request.POST.get("action") in self.asks_first
        most = MOST_NAMED if asks else self.most_at_once
        if _everything(request) and queryset[most:].exists():
            rows = self.opts.verbose_name_plural
            words = f"Up to {most} {rows} at once: narrow the list. Nothing was changed."
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        response = super().response_action(request, queryset)
        if isinstance(response, HttpResponseRedirect) and PAGE_VAR in request.GET:
            try:
                self.get_changelist_instance(request)
            except InvalidInput:  # what was done left fewer pages
                rest = request.GET.copy()
                del rest[PAGE_VAR]
                return HttpResponseRedirect(f"?{rest.urlencode()}")
        return response

    def log_each(
        self, request: HttpRequest, rows: Iterable[Any], words: str, flag: int = CHANGE
    ) -> None:
        """Keep who did this to each row, for its history and for the start page."""
        about = ContentType.objects.get_for_model(self.model)
        LogEntry.objects.bulk_create(
            LogEntry(
                user=acting(request).user,
                content_type=about,
                object_id=row.pk,
                object_repr=self.named(row)[:200],
                action_flag=flag,
                change_message=words,
            )
            for row in rows
        )

    def named(self, row: Any) -> str:
        """What the log calls a row."""
        return str(row)

    def tell(
        self, request: HttpRequest, acted: int, found: int, *sentences: str, extra_tags: str = ""
    ) -> None:
        """Say what an action did to the `found` rows, and of those selected that are gone; it
        was a success where it `acted` on any."""
        words = [sentence for sentence in sentences if sentence]
        selected = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
        gone = 0 if _everything(request) else len(selected) - found
        if gone:
            words.append(f"Not there any more: {counted(gone, str(self.opts.verbose_name))}.")
        level = messages.SUCCESS if acted else messages.WARNING
        self.message_user(request, " ".join(words), level, extra_tags=extra_tags)

    def _filter_names(self) -> set[str]:
        """What the address may name: a filter's own parameter, or the field that it is about."""
        fields = (item[0] if isinstance(item, tuple) else item for item in self.list_filter)
        return {str(getattr(field, "parameter_name", field)) for field in fields}


class ReadOnlyAdmin(DeskModelAdmin):
    """Written by the program alone."""

    grants: tuple[str, ...] = ("view", "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_manage(self, request: HttpRequest) -> bool:
        """Whether somebody may do what the pages offer besides reading."""
        return super().has_change_permission(request)


def _everything(request: HttpRequest) -> bool:
    """Whether an action is for all rows found, rather than for the selected ones."""
    return bool(forms.BooleanField().to_python(request.POST.get("select_across")))


def newest(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with the latest numbers: a filter without an index reads no more than these."""
    latest = queryset.model._default_manager.aggregate(latest=Max("pk"))["latest"] or 0
    return queryset.filter(pk__gt=latest - NEWEST)


def acting(request: HttpRequest) -> Actor:
    """Whoever is signed in: nobody else comes this far."""
    return user_actor(cast(User, request.user))


def badge(kind: str, value: str, words: str = "") -> SafeString:
    """A value's shape, word and colour, as on the pages; the shapes of what only the back
    office shows are in `static/css/admin.css`."""
    return format_html(
        '<span class="badge {0}-{1}"><svg class="icon" aria-hidden="true">'
        '<use href="#i-{0}-{1}"/></svg>{2}</span>',
        kind,
        value,
        words or value.replace("_", " ").capitalize(),
    )


def moment(time: datetime | None) -> str:
    return date_format(time, "DATETIME_FORMAT") if time else "never"


def counted(number: int, noun: str) -> str:
    """For example "1 ticket", "3 tickets"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def plural(site: Any, model: Any) -> str:
    """The name of a model's rows, as their own list says it."""
    opts = site.get_model_admin(model).opts if site.is_registered(model) else model._meta
    return str(opts.verbose_name_plural)

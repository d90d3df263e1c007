"""The base of forms that only check and parse."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict


class _Shared(dict[str, forms.Field]):
    """Fields that are copied as a whole, and not one by one."""

    def __deepcopy__(self, memo: object) -> dict[str, forms.Field]:
        return dict(self)


class InputForm(forms.Form):
    """A form whose instances share their fields.

    Django copies all fields for each form, with their widgets and messages, so that one form can
    change a label. That took half of the time of parsing a query. Here a form may leave fields
    out, but it changes only one that it has made its own. A subclass that sets labels or widgets
    sets `shares_fields` to False.
    """

    shares_fields = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.shares_fields:
            # Django is about to copy them.
            self.base_fields = _Shared(self.base_fields)  # type: ignore[misc]
        super().__init__(*args, **kwargs)

    def _clean_fields(self) -> None:
        """Clean what a program sent as Django would, but without a bound field for each field.

        Those are for pages: they show values again, and clean text that was pasted.
        """
        if isinstance(self.data, MultiValueDict):
            super()._clean_fields()  # type: ignore[misc]
            return
        for name, field in self.fields.items():
            try:
                value = field.widget.value_from_datadict(self.data, self.files, name)
                self.cleaned_data[name] = field.clean(value)
                if clean := getattr(self, f"clean_{name}", None):
                    self.cleaned_data[name] = clean()
            except ValidationError as error:
                self.add_error(name, error)

    def own(self, name: str) -> Any:
        """Return this form's copy of a field, for changing it."""
        self.fields[name] = field = type(self).base_fields[name].__deepcopy__({})
        return field

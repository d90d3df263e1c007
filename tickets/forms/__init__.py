"""The only place where input is checked: the JSON API and the pages share each form.

A form field turns everything into text, so the API checks JSON types first, by each field's
`json_types` and `json_null`, see `api/http.py`.
"""

from .bulk import BulkForm, UndoForm
from .fields import EnumerationField, ListField, MomentField, OneLineField, valid
from .lists import (
    BUILT_IN_VIEWS,
    LIST_STATE,
    MINE,
    PAGE_DEFAULT,
    PAGE_MOST,
    SEARCH_LENGTH,
    FilterForm,
    ListForm,
    NewsForm,
    PageForm,
    SavedViewForm,
    ViewNameField,
    list_state,
)
from .people import PresenceForm, SignInForm
from .periods import PeriodForm, ReportForm
from .review import QueueForm, ReviewForm
from .tickets import (
    ENUMERATIONS,
    ClassifyForm,
    CommentForm,
    MessageForm,
    NewTicketForm,
    ReplyForm,
    SubmitForm,
    SuggestTitleForm,
    TicketForm,
)

__all__ = [
    "BUILT_IN_VIEWS",
    "ENUMERATIONS",
    "LIST_STATE",
    "MINE",
    "PAGE_DEFAULT",
    "PAGE_MOST",
    "SEARCH_LENGTH",
    "BulkForm",
    "ClassifyForm",
    "CommentForm",
    "EnumerationField",
    "FilterForm",
    "ListField",
    "ListForm",
    "MessageForm",
    "MomentField",
    "NewTicketForm",
    "NewsForm",
    "OneLineField",
    "PageForm",
    "PeriodForm",
    "PresenceForm",
    "QueueForm",
    "ReplyForm",
    "ReportForm",
    "ReviewForm",
    "SavedViewForm",
    "SignInForm",
    "SubmitForm",
    "SuggestTitleForm",
    "TicketForm",
    "UndoForm",
    "ViewNameField",
    "list_state",
    "valid",
]

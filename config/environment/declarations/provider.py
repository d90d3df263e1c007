"""Sign-in with accounts of another provider."""

from ..setting import (
    Section,
    Setting,
    boolean,
    comma_separated,
    one_line,
    secret,
    text,
    web_address,
)

PROVIDER = Section(
    "Sign-in with OpenID Connect",
    (
        Setting(
            "OIDC_ISSUER",
            web_address,
            "",
            "The issuer of an OpenID Connect provider, as it names itself. With it, people can sign"
            " in with their accounts there. Register `<SITE_URL>/sign-in/provider/back/` as the"
            " address to return to.",
            example="https://id.example.org/realms/company",
        ),
        Setting("OIDC_CLIENT_ID", text, "", "The desk's client id there.", example="desk"),
        Setting("OIDC_CLIENT_SECRET", secret, "", "The secret of that client."),
        Setting(
            "OIDC_NAME",
            one_line,
            "single sign-on",
            "What the sign-in page calls the provider: Sign in with ...",
            example="Example ID",
        ),
        Setting(
            "OIDC_SCOPES",
            text,
            "openid profile email",
            "What the desk asks the provider for, separated by spaces.",
            example="openid profile email groups",
        ),
        Setting(
            "OIDC_GROUPS_CLAIM",
            text,
            "groups",
            "The claim with the groups that the next two settings name.",
        ),
        Setting(
            "OIDC_AGENTS",
            comma_separated,
            [],
            "Groups there, separated by commas, whose members are agents here. With this setting or"
            " the next, each sign-in with the provider sets the account's groups.",
            example="support",
        ),
        Setting(
            "OIDC_ADMINS",
            comma_separated,
            [],
            "Groups there whose members are admins here, and may open the back office.",
            example="support-leads",
        ),
        Setting(
            "OIDC_CREATE_ACCOUNTS",
            boolean,
            False,
            "Set to 1 to create an account for everybody who signs in there for the first time and"
            " is in one of these groups. Otherwise the owner of an account connects it, on the page"
            " of the account.",
        ),
    ),
)

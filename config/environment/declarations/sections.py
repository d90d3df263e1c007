"""All sections, in the order of `.env.example`."""

from . import desk, files, mail, provider, retention, server, triage

SECTIONS = (
    *(desk.ADDRESS, desk.NAME, desk.ACCESS, provider.PROVIDER),
    *(server.DATABASE, server.WEB_SERVER, server.PAGES, server.CONDITIONS),
    *(mail.EMAIL, mail.REPLIES),
    files.FILES,
    retention.RETENTION,
    *(
        triage.MODEL,
        triage.GEMINI,
        triage.OPENAI,
        triage.GROQ,
        triage.ANTHROPIC,
        triage.OWN_SERVER,
        triage.LIMITS,
        triage.PROXIES,
    ),
)
SETTINGS = tuple(setting for section in SECTIONS for setting in section.settings)

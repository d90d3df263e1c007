"""Store what a search finds each ticket by: one document, which triggers keep up to date.

The columns and rows that are there already are only read. A job writes the documents of tickets
that came before, see `services/search_documents.py`; triggers take care of all later changes. The
tables are locked last, for a moment.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# What the characters of a folded text are, as ranges of regular expressions.
SEPARATORS = (
    r"\u0007-\u0022\u0028-\u002A\u002C\u002E\u002F\u003A\u003B\u003F\u005B\u005D\u007B\u007D"
    r"\u007F-\u00A1\u00AB\u00B6\u00B7\u00BB\u00BF\u055A-\u055F\u0589\u058A\u05C0\u05C3\u05C6"
    r"\u05F4\u0609\u060A\u060C\u060D\u061B\u061D-\u061F\u066A-\u066D\u06D4\u0700-\u070D"
    r"\u07F7-\u07F9\u0830-\u083E\u085E\u0964\u0965\u0970\u09FD\u0A76\u0AF0\u0C77\u0C84\u0DF4"
    r"\u0E4F\u0E5A\u0E5B\u0F04-\u0F12\u0F14\u0F3A-\u0F3D\u0F85\u0FD0-\u0FD4\u0FD9\u0FDA"
    r"\u104A-\u104F\u10FB\u1360-\u1368\u1400\u166E\u1680\u169B\u169C\u16EB-\u16ED\u1735\u1736"
    r"\u17D4-\u17D6\u17D8-\u17DA\u1800-\u180A\u1944\u1945\u1A1E\u1A1F\u1AA0-\u1AA6"
    r"\u1AA8-\u1AAD\u1B5A-\u1B60\u1B7D\u1B7E\u1BFC-\u1BFF\u1C3B-\u1C3F\u1C7E\u1C7F"
    r"\u1CC0-\u1CC7\u1CD3\u2014-\u2029\u202F-\u2043\u2045-\u2051\u2053-\u205F\u2308-\u230B"
    r"\u2768-\u2775\u27C5\u27C6\u27E6-\u27EF\u2983-\u2998\u29D8-\u29DB\u29FC\u29FD"
    r"\u2CF9-\u2CFC\u2CFE\u2CFF\u2D70\u2E00-\u2E2E\u2E30-\u2E4F\u2E52-\u2E5D\u3000-\u3003"
    r"\u3008-\u3011\u3014-\u301F\u3030\u303D\u30A0\u30FB\uA4FE\uA4FF\uA60D-\uA60F\uA673"
    r"\uA67E\uA6F2-\uA6F7\uA874-\uA877\uA8CE\uA8CF\uA8F8-\uA8FA\uA8FC\uA92E\uA92F\uA95F"
    r"\uA9C1-\uA9CD\uA9DE\uA9DF\uAA5C-\uAA5F\uAADE\uAADF\uAAF0\uAAF1\uABEB\uFD3E\uFD3F"
    r"\uFE30-\uFE61"
)
SYMBOLS = (
    r"\u0023-\u0026\u002B\u003C-\u003E\u0040\u005C\u005E\u005F\u007C\u007E\u00A2-\u00A9\u00AC"
    r"\u00AE-\u00B1\u00D7\u00F7\u02C2-\u02C5\u02D2-\u02DF\u02E5-\u02EB\u02ED\u02EF-\u02FF"
    r"\u0375\u03F6\u0482\u058D-\u058F\u0606-\u0608\u060B\u060E\u060F\u06DE\u06E9\u06FD\u06FE"
    r"\u07F6\u07FE\u07FF\u0888\u09F2\u09F3\u09FA\u09FB\u0AF1\u0B70\u0BF3-\u0BFA\u0C7F\u0D4F"
    r"\u0D79\u0E3F\u0F01-\u0F03\u0F13\u0F15-\u0F17\u0F1A-\u0F1F\u0F34\u0F36\u0F38\u0FBE-\u0FC5"
    r"\u0FC7-\u0FCF\u0FD5-\u0FD8\u109E\u109F\u1390-\u1399\u166D\u17DB\u1940\u19DE-\u19FF"
    r"\u1B61-\u1B6A\u1B74-\u1B7C\u2044\u2052\u20A0-\u20C0\u2103-\u2106\u2108\u2109\u2114"
    r"\u2116-\u2118\u211E-\u2123\u2125\u2127\u2129\u212E\u213A\u213B\u2140-\u2144\u214A-\u214D"
    r"\u214F\u218A-\u2307\u230C-\u2328\u232B-\u244A\u2500-\u2767\u2794-\u27C4\u27C7-\u27E5"
    r"\u27F0-\u2982\u2999-\u29D7\u29DC-\u29FB\u29FE-\u2BFF\u2CE5-\u2CEA\u2E50\u2E51"
    r"\u2E80-\u2FFB\u3004\u3012\u3013\u3020\u3036\u3037\u303E\u303F\u3190\u3191\u31C0-\u31E3"
    r"\u3260-\u327F\u4DC0-\u4DFF\uA490-\uA4C6\uA700-\uA716\uA720\uA721\uA789\uA78A"
    r"\uA828-\uA82B\uA836-\uA839\uAA77-\uAA79\uAB5B\uAB6A\uAB6B\uFBB2-\uFBC2\uFD40-\uFD4F"
    r"\uFDCF\uFDFC-\uFDFF\uFFFC\uFFFD\U0001F000-\U0001FBEF"
)
# Scripts that are written without spaces: Han, kana, Thai, Lao, Khmer, Myanmar and neighbours.
UNSPACED = (
    r"\u0E01-\u0E3A\u0E40-\u0E4E\u0E81-\u0EDF\u1000-\u1049\u1050-\u109D\u1780-\u17D3\u17D7"
    r"\u17DC\u17DD\u1950-\u19DA\u1A20-\u1A9F\u1AA7\u3005-\u3007\u3021-\u302F\u3031-\u3035"
    r"\u3038-\u303C\u3041-\u309F\u30A1-\u30FA\u30FC-\u30FF\u3105-\u312F\u31A0-\u31BF"
    r"\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uA9E0-\uA9FE\uAA60-\uAA76\uAA7A-\uAA7F"
    r"\U0001AFF0-\U0001B16F\U00020000-\U0003FFFD"
)
# Marks that many people leave out, and characters that nobody sees.
IGNORED = (
    r"\u00AD\u0300-\u036F\u0483-\u0489\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7"
    r"\u0610-\u061A\u061C\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E8\u06EA-\u06ED"
    r"\u0711\u0730-\u074A\u08CA-\u08E1\u08E3-\u08FF\u093C\u09BC\u0A3C\u0ABC\u0B3C\u0CBC"
    r"\u180B-\u180F\u1AB0-\u1AFF\u1DC0-\u1DFF\u200B-\u200F\u202A-\u202E\u2060-\u206F"
    r"\u20D0-\u20FF\uFE00-\uFE0F\uFE20-\uFE2F\uFEFF\uFFF9-\uFFFB\U000E0000-\U000E0FFF"
)
QUOTES = "\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u2018\u2019\u201b\u2032\u05f3\ua78c\uff07\uff40"
HYPHENS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d\u05be"
# Letters that Unicode does not take apart, and what they become.
LETTERS_FROM = (
    "\u0131\u0142\u0111\u00f0\u0127\u0167\u014b\u0268\u0289\u0180\u0253\u0257\u0491"
    "\u0629\u0649\u06cc\u06a9\u0671\u06c1"
)
LETTERS_TO = "ilddhtniubbd\u0433\u0647\u064a\u064a\u0643\u0627\u0647"
ZEROS = (
    "\u0660\u06f0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6"
    "\u0c66\u0ce6\u0d66\u0e50\u0ed0\u0f20\u1040\u17e0"
)
# Neither \u0027 nor \u002D, which join words, nor the characters that `marked` uses below.
WORD = rf"^ \u0027\u002D\u0004-\u0006{SYMBOLS}{UNSPACED}"
NAMES = {
    "SEPARATORS": SEPARATORS,
    "SYMBOLS": SYMBOLS,
    "UNSPACED": UNSPACED,
    "IGNORED": IGNORED,
    "WORD": WORD,
    "LETTER": f"{WORD}0-9",
    "DASHES_FROM": QUOTES + HYPHENS,
    "DASHES_TO": "''" * len(QUOTES) + "-" * len(HYPHENS),
    "LETTERS": f"{LETTERS_FROM}\u00e6\u0153\u00fe\u00f8",
    "LETTERS_FROM": LETTERS_FROM,
    "LETTERS_TO": LETTERS_TO,
    "DIGITS_FROM": "".join(chr(ord(zero) + digit) for zero in ZEROS for digit in range(10)),
    "DIGITS_TO": "0123456789" * len(ZEROS),
    "KATAKANA": "".join(map(chr, range(0x30A1, 0x30F7))),
    "HIRAGANA": "".join(map(chr, range(0x3041, 0x3097))),
    # Together they keep a document far below 1 MB, and positions below 16,384.
    "MAX_CHARS": "24000",  # of a folded text
    "MAX_CONVERSATION": "50000",  # characters of comments, the newest ones
    "MAX_COMMENTS": "200",
    "MAX_MERGED": "50",
    "MAX_WORD": "50",
    "TOO_LONG": "51",
}
SQL = r"""
CREATE FUNCTION tickets_fold(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := translate(content, E'\u0001\u0002\u0003\u0004\u0005\u0006`', '      ''');
BEGIN
    IF octet_length(folded) = length(folded) THEN
        RETURN lower(folded COLLATE "C");
    END IF;
    folded := normalize(translate(folded, '<DASHES_FROM>', '<DASHES_TO>'), NFKD);
    IF folded ~ '[<IGNORED>]' THEN
        folded := regexp_replace(folded, '([AOUaou])\u0308', E'\\1\u0002', 'g');
        folded := regexp_replace(folded, '([Aa])\u030A', E'\\1\u0003', 'g');
        folded := regexp_replace(folded, '[<IGNORED>]', '', 'g');
    END IF;
    folded := casefold(folded COLLATE "pg_unicode_fast");
    IF folded ~ '[<LETTERS>]' THEN
        folded := translate(folded, '<LETTERS_FROM>', '<LETTERS_TO>');
        folded := replace(replace(replace(folded, 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        folded := replace(folded, 'ø', E'o\u0002');
    END IF;
    IF folded ~ '[<DIGITS_FROM>]' THEN
        folded := translate(folded, '<DIGITS_FROM>', '<DIGITS_TO>');
    END IF;
    folded := normalize(folded, NFC);
    IF folded ~ '[\u30A1-\u30F6]' THEN
        folded := translate(folded, '<KATAKANA>', '<HIRAGANA>');
    END IF;
    RETURN folded;
END $$;

CREATE FUNCTION tickets_search_vector(content text, weight text, prefix text DEFAULT '')
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    -- U+0004 separates lexemes of one position, U+0005 ends a character that pairs with the next.
    marked text := regexp_replace(
        left(tickets_fold(content), <MAX_CHARS>), '[<SEPARATORS>]+', ' ', 'g'
    );
    has_pairs boolean := marked ~ '[<UNSPACED>]';
    result text;
BEGIN
    IF has_pairs THEN
        marked := regexp_replace(marked, '([<UNSPACED>])(?=[<UNSPACED>])', E'\\1\u0005 ', 'g');
        marked := regexp_replace(marked, '([<UNSPACED>])(?=[^<UNSPACED> \u0005])', '\1 ', 'g');
        marked := regexp_replace(marked, '([^<UNSPACED> \u0005])(?=[<UNSPACED>])', '\1 ', 'g');
    END IF;
    IF marked ~ '[<WORD>]{<TOO_LONG>}' THEN
        marked := regexp_replace(marked, '([<WORD>]{<MAX_WORD>})[<WORD>]+', '\1', 'g');
    END IF;
    IF strpos(marked, '''') > 0 THEN
        marked := regexp_replace(marked, '(?<![<WORD>])''|''(?![<WORD>])', ' ', 'g');
        marked := regexp_replace(marked, '([<WORD>]+)''([<WORD>]+)', E'\\1\u0004\\2\u0004\\1\\2', 'g');
        marked := replace(marked, '''', ' ');
    END IF;
    IF strpos(marked, '-') > 0 THEN
        IF marked ~ '[<LETTER>]-[<LETTER>]' THEN
            marked := regexp_replace(
                marked, '(?<![^ ])([<LETTER>]{1,20})-([<LETTER>]{1,20})(?![^ ])',
                E'\\1 \\2\u0004\\1\\2', 'g'
            );
        END IF;
        marked := replace(marked, '-', ' ');
    END IF;
    -- The first position is for symbols before the first word.
    marked := E'\u0006 ' || marked;
    IF marked ~ '[<SYMBOLS>]' THEN
        marked := regexp_replace(marked, ' +(?=[<SYMBOLS>])', '', 'g');
        marked := regexp_replace(marked, '([<SYMBOLS>])(?=[^<SYMBOLS> ])', '\1 ', 'g');
        marked := replace(regexp_replace(marked, '([<SYMBOLS>])', E'\u0004\\1', 'g'), '\', '\\');
    END IF;
    IF strpos(marked, '  ') > 0 THEN
        marked := regexp_replace(marked, ' {2,}', ' ', 'g');
    END IF;
    IF has_pairs THEN
        SELECT string_agg(
            CASE WHEN word LIKE E'%\u0005'
                THEN rtrim(word, E'\u0005') || left(following, 1) ELSE word END, ' ' ORDER BY position
        ) INTO marked FROM (
            SELECT word, lead(word) OVER (ORDER BY position) AS following, position
            FROM string_to_table(marked, ' ') WITH ORDINALITY words(word, position)
        ) pairs;
    END IF;
    SELECT string_agg(prefix || replace(word, E'\u0004', places || ' ' || prefix) || places, ' ')
    INTO result FROM (
        SELECT CASE WHEN strpos(word, E'\u0002') + strpos(word, E'\u0003') = 0 THEN word
            ELSE translate(word, E'\u0002\u0003', '') || E'\u0004' || translate(
                replace(replace(word, E'a\u0003', 'aa'), E'\u0002', 'e'), E'\u0003', ''
            ) END AS word, places
        FROM (
            SELECT ltrim(word, E'\u0004\u0006') AS word, ':' || position || weight AS places
            FROM string_to_table(marked, ' ') WITH ORDINALITY words(word, position)
        ) words
    ) spelt WHERE word <> '';
    RETURN coalesce(result, '')::tsvector;
END $$;

-- All that a search finds a ticket by. Title, description, replies and notes have the weights A to D,
-- as have the requester's address (D, and once more as lexemes that begin with @) and the number.
CREATE FUNCTION tickets_document(target bigint) RETURNS tsvector
LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    found_by tsvector := '';  -- no name of a column: the next migration drops `document`
    part record;
    remaining integer := <MAX_CONVERSATION>;
BEGIN
    FOR part IN
        SELECT id, title, requester_email FROM tickets_ticket WHERE id = target
        UNION ALL
        (SELECT id, title, requester_email FROM tickets_ticket WHERE merged_into_id = target
        ORDER BY id DESC LIMIT <MAX_MERGED>)
    LOOP
        found_by := found_by || ('''#' || part.id || '''')::tsvector
            || tickets_search_vector(part.title, 'A');
        IF part.requester_email <> '' THEN
            found_by := found_by || tickets_search_vector(part.requester_email, 'D')
                || tickets_search_vector(part.requester_email, 'D', '@');
        END IF;
    END LOOP;
    SELECT found_by || tickets_search_vector(description, 'B') INTO found_by
    FROM tickets_ticket WHERE id = target;
    FOR part IN
        SELECT body, public FROM tickets_comment comment
        WHERE ticket_id = target AND (split_into_id IS NULL OR EXISTS (
            SELECT FROM tickets_ticket split
            WHERE split.id = split_into_id AND split.merged_into_id = target
        ))
        ORDER BY created_at DESC, id DESC LIMIT <MAX_COMMENTS>
    LOOP
        found_by := found_by || tickets_search_vector(
            left(part.body, remaining), CASE WHEN part.public THEN 'C' ELSE 'D' END
        );
        remaining := remaining - length(part.body);
        EXIT WHEN remaining <= 0;
    END LOOP;
    RETURN found_by;
END $$;

CREATE FUNCTION tickets_write_document(target bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_merged boolean;
BEGIN
    -- Whoever changes the ticket at the same moment goes first: this has to see what they wrote.
    SELECT merged_into_id IS NOT NULL INTO is_merged
    FROM tickets_ticket WHERE id = target FOR NO KEY UPDATE;
    IF is_merged THEN
        DELETE FROM tickets_ticketdocument WHERE ticket_id = target;
    ELSE
        INSERT INTO tickets_ticketdocument AS stored (ticket_id, created_at, document)
        SELECT id, created_at, tickets_document(id) FROM tickets_ticket WHERE id = target
        ON CONFLICT (ticket_id) DO UPDATE
        SET created_at = excluded.created_at, document = excluded.document;
    END IF;
END $$;

CREATE FUNCTION tickets_document_of_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.merged_into_id IS NULL THEN  -- nobody else can know it yet
        INSERT INTO tickets_ticketdocument (ticket_id, created_at, document)
        VALUES (NEW.id, NEW.created_at, tickets_document(NEW.id));
    ELSE
        PERFORM tickets_write_document(id) FROM (
            SELECT NEW.id WHERE TG_OP <> 'DELETE'
            UNION SELECT NEW.merged_into_id WHERE TG_OP <> 'DELETE'
            UNION SELECT OLD.merged_into_id WHERE TG_OP <> 'INSERT'
            ORDER BY id
        ) changed(id) WHERE id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION tickets_document_of_comments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM tickets_write_document(ticket_id) FROM (
            SELECT DISTINCT ticket_id FROM new_rows ORDER BY ticket_id
        ) changed;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM tickets_write_document(ticket_id) FROM (
            SELECT DISTINCT ticket_id FROM old_rows ORDER BY ticket_id
        ) changed;
    ELSE
        PERFORM tickets_write_document(ticket_id) FROM (
            SELECT ticket_id FROM (
                (SELECT id, ticket_id, split_into_id, public, body, created_at FROM old_rows
                EXCEPT SELECT id, ticket_id, split_into_id, public, body, created_at FROM new_rows)
                UNION ALL
                (SELECT id, ticket_id, split_into_id, public, body, created_at FROM new_rows
                EXCEPT SELECT id, ticket_id, split_into_id, public, body, created_at FROM old_rows)
            ) different GROUP BY ticket_id ORDER BY ticket_id
        ) changed;
    END IF;
    RETURN NULL;
END $$;

CREATE TABLE tickets_ticketdocument (
    ticket_id bigint PRIMARY KEY, created_at timestamptz NOT NULL, document tsvector NOT NULL
);
CREATE INDEX document_words ON tickets_ticketdocument USING gin (document) WITH (fastupdate = off);
CREATE INDEX document_newest_first ON tickets_ticketdocument (created_at DESC, ticket_id DESC);
CREATE TABLE tickets_backfill (name varchar(50) PRIMARY KEY, below bigint NOT NULL);

LOCK TABLE tickets_ticket, tickets_comment IN SHARE ROW EXCLUSIVE MODE;
ALTER TABLE tickets_ticketdocument ADD CONSTRAINT tickets_ticketdocument_of_ticket
    FOREIGN KEY (ticket_id) REFERENCES tickets_ticket ON DELETE CASCADE;
CREATE TRIGGER document_of_new_ticket AFTER INSERT ON tickets_ticket
    FOR EACH ROW EXECUTE FUNCTION tickets_document_of_ticket();
CREATE TRIGGER document_of_changed_ticket
    AFTER UPDATE OF title, description, requester_email, merged_into_id, created_at
    ON tickets_ticket FOR EACH ROW WHEN (
        (OLD.title, OLD.description, OLD.requester_email, OLD.merged_into_id, OLD.created_at)
        IS DISTINCT FROM
        (NEW.title, NEW.description, NEW.requester_email, NEW.merged_into_id, NEW.created_at)
    ) EXECUTE FUNCTION tickets_document_of_ticket();
CREATE TRIGGER document_of_deleted_ticket AFTER DELETE ON tickets_ticket
    FOR EACH ROW WHEN (OLD.merged_into_id IS NOT NULL)
    EXECUTE FUNCTION tickets_document_of_ticket();
CREATE TRIGGER document_of_new_comments AFTER INSERT ON tickets_comment
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_document_of_comments();
CREATE TRIGGER document_of_changed_comments AFTER UPDATE ON tickets_comment
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_document_of_comments();
CREATE TRIGGER document_of_deleted_comments AFTER DELETE ON tickets_comment
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_document_of_comments();
-- The tickets that are there already are left to a job.
INSERT INTO tickets_backfill SELECT 'documents', max(id) + 1 FROM tickets_ticket
    HAVING max(id) IS NOT NULL;
"""
for name, characters in NAMES.items():
    SQL = SQL.replace(f"<{name}>", characters)
REVERSE_SQL = """
LOCK TABLE tickets_ticket, tickets_comment IN SHARE ROW EXCLUSIVE MODE;
DROP TABLE tickets_ticketdocument, tickets_backfill;
DROP FUNCTION tickets_document_of_ticket() CASCADE;
DROP FUNCTION tickets_document_of_comments() CASCADE;
DROP FUNCTION tickets_write_document(bigint);
DROP FUNCTION tickets_document(bigint);
DROP FUNCTION tickets_search_vector(text, text, text);
DROP FUNCTION tickets_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0028_claims")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(SQL, REVERSE_SQL)],
            [
                migrations.CreateModel(
                    "TicketDocument",
                    fields=[
                        (
                            "ticket",
                            models.OneToOneField(
                                "tickets.ticket",
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                primary_key=True,
                                related_name="search_document",
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("document", django.contrib.postgres.search.SearchVectorField()),
                    ],
                    options={
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["document"], name="document_words", fastupdate=False
                            ),
                            models.Index(
                                fields=["-created_at", "-ticket"], name="document_newest_first"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    "Backfill",
                    fields=[
                        (
                            "name",
                            models.CharField(max_length=50, primary_key=True, serialize=False),
                        ),
                        ("below", models.BigIntegerField()),
                    ],
                ),
            ],
        )
    ]

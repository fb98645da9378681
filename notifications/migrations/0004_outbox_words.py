"""The words of each message, for the search in the admin: see notifications/searching.py."""

from django.db import migrations

# Only PostgreSQL's own parts: no extension, no text search configuration, no collation that machines may lack.
WORDS = r"""
CREATE FUNCTION outbox_words(id uuid, type text, destination text, payload jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT array_to_tsvector(array_agg(DISTINCT left(
        -- Most words are plain, and translate is slow.
        CASE WHEN octet_length(part) = length(part) THEN part ELSE translate(part,
            'àáâäãçèéêëìíîïñòóôöõùúûüÿ',
            'aaaaaceeeeiiiinooooouuuuy') END, 200)))
    FROM (
        SELECT id::text || ' ' || type || ' ' || destination || ' '
            || coalesce(string_agg(value #>> '{}', ' '), '') AS said
        FROM jsonb_path_query(
            CASE jsonb_typeof(payload) WHEN 'object' THEN payload - 'html' - 'attachments' ELSE payload END,
            'strict $.** ? (@.type() == "string" || @.type() == "number")'
        ) value
    ) everything,
    LATERAL regexp_split_to_table(
        lower(left(said, 100000)),
        $separators$[\[\]\x01-\x20\xa0\u202f"'’“”«»(){}<>,;:!?/\\|*&#%$^~`=…–—]+$separators$
    ) word,
    LATERAL (VALUES (word), (split_part(word, '@', 2))) parts (part)
    WHERE part <> ''
$function$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_attempts"),
    ]

    operations = [
        migrations.RunSQL(WORDS, "DROP FUNCTION outbox_words(uuid, text, text, jsonb)"),
        migrations.RunSQL(
            "CREATE INDEX outbox_words ON notifications_outboxmessage"
            " USING gin (outbox_words(id, type, destination, payload))",
            "DROP INDEX outbox_words",
        ),
    ]

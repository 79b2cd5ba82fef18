"""The functions that a statement may call and still only read. Pure.

A list of what is allowed: of a function that is not in it nobody here knows what it does, and some
of KWDB's end the node, or move its ranges. All are KWDB's own, of the public source of 3.2.1
(sql/sem/builtins), or forms of its grammar: a name that is neither could be a function that
somebody made (in Lua, which may do anything); names of its own functions KWDB keeps from them.
"""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.sql.lexer import Kind, Token

_TEXT = """
ascii bit_length btrim char_length character_length chr concat concat_ws convert_from convert_to
crc32c crc32ieee decode encode fnv32 fnv32a fnv64 fnv64a from_ip from_uuid get_bit ilike_escape
initcap left leftbit length like_escape lower lpad ltrim md5 not_ilike_escape not_like_escape
not_similar_to_escape octet_length overlay position quote_ident quote_literal quote_nullable
regexp_extract regexp_replace repeat replace reverse right rightbit rpad rtrim set_bit sha1 sha256
sha512 similar_to_escape split_part strpos subbit substr substring to_english to_hex to_ip to_uuid
translate trim upper
"""
_NUMBERS = """
abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees div exp floor isnan ln log mod pi pow
power radians random round sign sin sqrt tan to_bin to_dec to_oct trunc width_bucket
"""
_TIMES = """
age clock_timestamp cluster_logical_timestamp current_date current_time current_timestamp date_trunc
experimental_strftime experimental_strptime extract extract_duration localtime localtimestamp now
statement_timestamp str_to_date time_bucket time_bucket_gapfill time_to_sec timeofday timezone
to_time to_timestamp transaction_timestamp
"""
_CONDITIONS = """
annotate_type cast coalesce greatest if iferror ifnull iserror least nullif pg_typeof row
"""
_ARRAYS_AND_JSON = """
array array_append array_cat array_length array_lower array_position array_positions array_prepend
array_remove array_replace array_to_json array_to_string array_upper generate_series
generate_subscripts json_array_elements json_array_elements_text json_array_length json_build_array
json_build_object json_each json_each_text json_extract_path json_object json_object_keys
json_populate_recordset json_remove_path json_set json_strip_nulls json_to_recordset json_typeof
jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_insert jsonb_object
jsonb_object_keys jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_strip_nulls
jsonb_to_recordset jsonb_typeof row_to_json string_to_array to_json to_jsonb unnest
"""
_AGGREGATES = """
array_agg avg bit_and bit_or bool_and bool_or concat_agg corr count count_rows cume_dist dense_rank
every first_value group_rank group_row_number json_agg json_object_agg jsonb_agg jsonb_object_agg
lag last_value lead max min norm nth_value ntile percent_rank quantile rank row_number sqrdiff
stddev stddev_samp string_agg sum sum_int var_pop var_samp variance xor_agg
"""
_TIME_SERIES = """
count_window diff elapsed event_window first first_row first_row_ts firstts interpolate last
last_row last_row_ts lastts matching max_extend min_extend session_window state_window time_window
time_window_end time_window_start twa
"""
_PLACES = """
st_area st_buffer st_contains st_covers st_distance st_dwithin st_equals st_intersects st_touches
"""
_ADDRESSES = """
abbrev broadcast family host hostmask inet_client_addr inet_client_port inet_contained_by_or_equals
inet_contains_or_equals inet_same_family inet_server_addr inet_server_port masklen netmask
set_masklen text
"""
_CATALOGUE = """
aclexplode client_encoding col_description current_database current_role current_schema
current_schemas current_setting current_user currval experimental_uuid_v4 format_type
gen_random_uuid get_range_count getdatabaseencoding has_any_column_privilege has_column_privilege
has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege
has_language_privilege has_schema_privilege has_sequence_privilege has_server_privilege
has_table_privilege has_tablespace_privilege has_type_privilege lastval obj_description oid
pg_backend_pid pg_client_encoding pg_collation_for pg_encoding_to_char pg_function_is_visible
pg_get_constraintdef pg_get_expr pg_get_function_identity_arguments pg_get_function_result
pg_get_indexdef pg_get_keywords pg_get_userbyid pg_get_viewdef pg_is_in_recovery
pg_is_xlog_replay_paused pg_my_temp_schema pg_sequence_parameters pg_table_is_visible
pg_type_is_visible row_count session_user shobj_description unique_rowid user uuid_v4 version
"""
READING = frozenset(
    " ".join(
        (
            _TEXT,
            _NUMBERS,
            _TIMES,
            _CONDITIONS,
            _ARRAYS_AND_JSON,
            _AGGREGATES,
            _TIME_SERIES,
            _PLACES,
            _ADDRESSES,
            _CATALOGUE,
        )
    ).split()
)

INTERNAL_SCHEMAS = frozenset({"kwdb_internal", "crdb_internal"})
_INTERNAL = """
is_admin cluster_id cluster_name node_executable_version pretty_key range_stats lease_holder
get_zone_config get_namespace_id locality_value encode_key
"""
INTERNAL_READING = frozenset(_INTERNAL.split())
"""Of the server's internal functions, those known to read."""

_DOING = """
dblink dblink_exec lo_create lo_export lo_import lo_unlink pg_advisory_lock pg_advisory_xact_lock
pg_cancel_backend pg_ls_dir pg_notify pg_read_binary_file pg_read_file pg_reload_conf
pg_rotate_logfile pg_sleep pg_sleep_for pg_sleep_until pg_switch_wal pg_terminate_backend
query_to_xml relocate_range set_config set_vmodule setval
"""
_EFFECTS = frozenset(_DOING.split())
"""What no definition of a backup may call: also what only waits, which a view that is filled when
it is made would do for ever."""


def does_more_than_read(schema: str, name: str) -> bool:
    """Whether a function is known to do something, or is one of the server's internal ones that
    are not known to read. Of those that a person made (and of ``nextval``) it says no."""
    if schema in INTERNAL_SCHEMAS:
        return name not in INTERNAL_READING
    return name in _EFFECTS or name.startswith(("force_", "unsafe_"))


_BEFORE_BRACKET = """
ALL ANALYSE ANALYZE AND ANY AS BETWEEN BY CASE CUBE DISTINCT ELSE ESCAPE EXCEPT EXISTS EXPLAIN
FILTER FIRST FROM GROUP HAVING ILIKE IN INTERSECT INTERVAL IS JOIN LATERAL LIKE LIMIT MATERIALIZED
NEXT NOT OFFSET ON ONLY OR OVER ROLLUP SELECT SETS SIMILAR SOME SYMMETRIC THEN TIME TO UNION USING
VALUES WHEN WHERE WITH
"""
_TYPES = """
BIT CHAR CHARACTER DEC DECIMAL FLOAT NCHAR NUMERIC NVARCHAR STRING TIMESTAMP TIMESTAMPTZ TIMETZ
VARBIT VARBYTES VARCHAR VARYING BYTES
"""
NO_CALLS = frozenset(_BEFORE_BRACKET.split()) | frozenset(_TYPES.split())
"""Words that an opening bracket may follow and that call nothing where KWDB reads them as its own.
"""

_AFTER = {
    "BY": frozenset({"GROUP", "ORDER", "PARTITION"}),
    "FILTER": frozenset({")"}),
    "OVER": frozenset({")"}),
    "VARYING": frozenset({"BIT", "CHAR", "CHARACTER"}),
    "STRING": frozenset({"::", ":::"}),
    "BYTES": frozenset({"::", ":::"}),
}
"""Words that may also be a function's name (they are not reserved): behind these they are none."""
_BETWEEN_OPERANDS = frozenset({"ESCAPE", "ILIKE", "JOIN", "LIKE"})
"""The same, and none only behind an operand."""
_NEVER = frozenset(
    {"CUBE", "EXPLAIN", "FIRST", "IS", "MATERIALIZED", "NEXT", "ROLLUP", "SETS", "SIMILAR"}
)
"""The same, and no bracket follows them in what KWDB reads, or what they do is refused anyway."""
_OPERAND_FOLLOWS = NO_CALLS - frozenset(_TYPES.split()) | {
    *("GROUPS", "INTO", "ORDER", "RANGE", "RETURNING", "ROWS", "SET", "WINDOW", "ZONE")
}


def calls_nothing(token: Token, before: Sequence[Token]) -> bool:
    """Whether a name that an opening bracket follows is a word of the grammar there.

    ``before`` are up to two tokens before it.
    """
    word = token.word
    if word not in NO_CALLS or word in _NEVER:
        return False
    last = before[-1] if before else None
    if word in _AFTER:
        return last is not None and last.text.upper() in _AFTER[word]
    if word in _BETWEEN_OPERANDS:
        if last is not None and last.word == "NOT" and word != "JOIN":
            last = before[-2] if len(before) > 1 else None
        return last is not None and _ends_operand(last)
    return True


def _ends_operand(token: Token) -> bool:
    if token.kind is Kind.SYMBOL:
        return token.text in (")", "]")
    return token.word not in _OPERAND_FOLLOWS

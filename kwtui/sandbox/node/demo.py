"""What a new sandbox holds: a small shop and a small plant, the same in every sandbox.

Everything goes in through SQL, as a person would do it. The shop has one of each thing that a
backup can lose (a sequence default, a computed column, foreign keys, a view, comments, grants,
awkward texts); the plant has both precisions of time that IMPORT treats differently.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from kwtui.sandbox.wire.engine_protocol import Engine, Session

CUSTOMERS = 600
PRODUCTS = 120
ORDERS = 1200
FIRST_ORDER = 1000
OLD_ORDERS = 250
READINGS = 1200
BATCH_ROWS = 600

_SEED = 20240501
_OPENED = datetime(2024, 5, 1, 8, tzinfo=UTC)

_FAMILY = ("Lovelace", "O'Brien", "García", "Müller", "Nakamura", "Okafor", "Ivanova", "Smith")
_GIVEN = ("Ada", "Pat", "José", "Jürgen", "Yuki", "Chidi", "Olga", 'Jo "JJ"')
_CHINESE_FAMILY = "张王李赵刘陈杨黄"
_CHINESE_GIVEN = ("伟", "芳", "秀英", "敏", "静", "磊", "洋", "艳")
_GOODS = ("cup", "lamp", "desk", "chair", "茶壶", "clock", "rug", "shelf")
_ADJECTIVES = ("red", "blue", "oak", "steel", "小", "large", "folding", 'the "classic"')
_NOTES = (
    None,
    "",
    "call before delivery",
    "leave with the neighbour, second door",
    'she said "ring twice"',
    "line one\nline two",
    "请放在门口",
    "back\\slash\tand tab",
)

_SHOP = """
CREATE DATABASE shop;
COMMENT ON DATABASE shop IS 'the demo shop';
CREATE USER clerk;
CREATE ROLE auditors;
USE shop;
CREATE SCHEMA archive;
CREATE SEQUENCE order_no START 1000;
CREATE TABLE customers (
  id INT8 PRIMARY KEY, name STRING NOT NULL, email STRING,
  joined TIMESTAMPTZ DEFAULT now(), vip BOOL DEFAULT false,
  INDEX by_name (name), UNIQUE INDEX by_email (email));
CREATE TABLE products (
  sku VARCHAR(20) PRIMARY KEY, title STRING NOT NULL, price DECIMAL(10,2) NOT NULL,
  weight FLOAT8, labels STRING[], attributes JSONB, picture BYTES);
CREATE TABLE orders (
  no INT8 PRIMARY KEY DEFAULT nextval('order_no'),
  customer_id INT8 NOT NULL REFERENCES customers (id),
  placed TIMESTAMPTZ NOT NULL, note STRING);
CREATE TABLE order_items (
  order_no INT8 NOT NULL REFERENCES orders (no), line INT4 NOT NULL,
  sku VARCHAR(20) NOT NULL REFERENCES products (sku),
  quantity INT4 NOT NULL, price DECIMAL(10,2) NOT NULL,
  total DECIMAL(12,2) AS (price * quantity) STORED,
  PRIMARY KEY (order_no, line), CHECK (quantity > 0));
CREATE TABLE every_type (
  id INT8 PRIMARY KEY, i2 INT2, i4 INT4, f4 FLOAT4, f8 FLOAT8, d DECIMAL(20,6), s STRING,
  vc VARCHAR(20), c CHAR(4), b BYTES, bo BOOL, da DATE, ti TIME, ts TIMESTAMP, tz TIMESTAMPTZ,
  iv INTERVAL, u UUID, j JSONB, ip INET, bits BIT(8), ia INT8[], sa STRING[]);
CREATE TABLE archive.old_orders (id INT8 PRIMARY KEY, payload STRING);
CREATE TABLE no_key (a INT8, b STRING);
CREATE VIEW big_orders AS SELECT order_no, total FROM order_items WHERE total > 500;
COMMENT ON TABLE customers IS 'people who buy';
COMMENT ON COLUMN customers.name IS 'full name; as printed';
COMMENT ON COLUMN order_items.total IS 'what the line costs'
"""

_SHOP_GRANTS = """
GRANT SELECT ON TABLE shop.customers TO clerk;
GRANT SELECT, INSERT ON TABLE shop.orders TO clerk;
GRANT SELECT ON TABLE shop.orders TO auditors;
GRANT CREATE ON DATABASE shop TO clerk;
GRANT auditors TO clerk
"""

_PLANT = """
CREATE TS DATABASE plant RETENTIONS 36500d PARTITION INTERVAL 10d;
USE plant;
CREATE TABLE sensors (
  ts TIMESTAMPTZ(3) NOT NULL, temperature FLOAT8, humidity INT4, note VARCHAR(60), ok BOOL
) TAGS (site INT4 NOT NULL, area VARCHAR(20)) PRIMARY TAGS (site);
CREATE TABLE meters (
  ts TIMESTAMPTZ(6) NOT NULL, kwh FLOAT8, volts FLOAT4, phase INT2
) TAGS (meter INT8 NOT NULL, maker VARCHAR(16) NOT NULL) PRIMARY TAGS (meter, maker);
COMMENT ON TABLE sensors IS 'one reading a minute';
COMMENT ON COLUMN sensors.temperature IS 'degrees Celsius'
"""

_EVERY_TYPE = (
    "(1, 1, 2, 1.5, 3.141592653589793, 12345.678900, 'text', 'vc', 'ch', b'\\x00\\xff\\x10', true,"
    " '2024-02-29', '23:59:59.999999', '2024-02-29 23:59:59.999999', '2024-02-29 12:00:00+00',"
    " '1 day 02:03:04', '63616665-6630-3064-6465-616462656566', '{\"k\": [1, null]}',"
    " '192.168.0.1/24', B'10101010', ARRAY[1,2,NULL], ARRAY['a','b c'])",
    "(2, -32768, -2147483648, -0.5, 'NaN', -0.000001, e'it\\'s\\n\"quoted\"', '张伟', 'zz', b'',"
    " false, '0001-01-01', '00:00:00', '0001-01-01 00:00:00', '9999-12-31 23:59:59+00',"
    " '-1 mon', '00000000-0000-0000-0000-000000000000', '[]', '::1', B'00000000',"
    " ARRAY[]:::INT8[], ARRAY['', 'NULL'])",
    "(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    " NULL, NULL, NULL, NULL, NULL, NULL)",
    "(4, 32767, 2147483647, 1e10, 'Infinity', 99999999999999.999999, e'\\\\N', '', '', b'x', NULL,"
    " '9999-12-31', '12:30:00', '1969-12-31 23:59:59', '1969-12-31 23:59:59+00', '00:00:00',"
    " 'ffffffff-ffff-ffff-ffff-ffffffffffff', '\"text\"', '10.0.0.0/8', B'11111111', NULL, NULL)",
)


def load(engine: Engine) -> None:
    """Create both databases. Raises SqlError where a statement fails."""
    session = engine.session("root", "defaultdb", "sandbox demo", "127.0.0.1:0")
    try:
        _shop(session)
        _plant(session)
    finally:
        session.close()


def _shop(session: Session) -> None:
    chance = random.Random(_SEED)  # noqa: S311 - the same shop every time, nothing secret
    _run(session, _SHOP)
    _insert(session, "customers", _customers(chance))
    prices = {_sku(number): chance.randrange(199, 99_999) / 100 for number in range(PRODUCTS)}
    _insert(session, "products", _products(chance, prices))
    _insert(session, "orders", _orders(chance))
    columns = "order_items (order_no, line, sku, quantity, price)"
    _insert(session, columns, _order_items(chance, prices))
    _run(session, f"SELECT setval('order_no', {FIRST_ORDER + ORDERS - 1})")
    _run(session, f"INSERT INTO every_type VALUES {', '.join(_EVERY_TYPE)}")
    rows = ((number, f"row {number}") for number in range(1, OLD_ORDERS + 1))
    _insert(session, "archive.old_orders", rows)
    _insert(session, "no_key", [(1, "a"), (1, "a"), (None, None)])
    _run(session, _SHOP_GRANTS)


def _plant(session: Session) -> None:
    chance = random.Random(_SEED + 1)  # noqa: S311 - the same plant every time
    _run(session, _PLANT)
    _insert(session, "sensors", _sensor_rows(chance))
    _insert(session, "meters", _meter_rows(chance))


def _customers(chance: random.Random) -> Iterator[Sequence[object]]:
    for number in range(1, CUSTOMERS + 1):
        if number % 3 == 0:
            name = chance.choice(_CHINESE_FAMILY) + chance.choice(_CHINESE_GIVEN)
        else:
            name = f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}"
        email = None if number % 17 == 0 else f"customer{number}@example.com"
        joined = _OPENED + timedelta(minutes=chance.randrange(500_000))
        yield number, name, email, joined, number % 10 == 0


def _sku(number: int) -> str:
    return f"SKU-{number:04}"


def _products(chance: random.Random, prices: dict[str, float]) -> Iterator[Sequence[object]]:
    for number, (sku, price) in enumerate(prices.items()):
        title = f"{chance.choice(_ADJECTIVES)} {chance.choice(_GOODS)}"
        weight = None if number % 9 == 0 else chance.randrange(1, 40_000) / 1000
        labels = _Raw("ARRAY['new', 'a b']") if number % 4 == 0 else None
        attributes = f'{{"colour": "{number % 7}", "parts": [{number}, null]}}'
        picture = _Raw(f"'\\x{chance.getrandbits(64):016x}'::BYTES")
        yield sku, title, f"{price:.2f}", weight, labels, attributes, picture


def _orders(chance: random.Random) -> Iterator[Sequence[object]]:
    for number in range(ORDERS):
        placed = _OPENED + timedelta(days=1, minutes=number * 37, microseconds=number)
        customer = chance.randrange(1, CUSTOMERS + 1)
        yield FIRST_ORDER + number, customer, placed, _NOTES[number % len(_NOTES)]


def _order_items(chance: random.Random, prices: dict[str, float]) -> Iterator[Sequence[object]]:
    for number in range(ORDERS):
        for line in range(1, chance.randrange(1, 4) + 1):
            sku = _sku(chance.randrange(PRODUCTS))
            yield FIRST_ORDER + number, line, sku, chance.randrange(1, 6), f"{prices[sku]:.2f}"


def _sensor_rows(chance: random.Random) -> Iterator[Sequence[object]]:
    for number in range(READINGS):
        site = number % 5 + 1
        moment = _OPENED + timedelta(minutes=number // 5, milliseconds=number % 1000)
        temperature = None if number % 50 == 7 else round(chance.gauss(21, 4), 2)
        note = _NOTES[number % len(_NOTES)] if number % 11 == 0 else None
        area = None if site == 5 else ("north", "south", "东区", "west")[site - 1]
        yield moment, temperature, chance.randrange(20, 80), note, number % 40 != 3, site, area


def _meter_rows(chance: random.Random) -> Iterator[Sequence[object]]:
    total = 0.0
    for number in range(READINGS):
        total += chance.random()
        moment = _OPENED + timedelta(seconds=number * 15, microseconds=123 + number)
        volts = round(chance.gauss(230, 2), 1)
        meter = number % 3 + 1
        yield moment, round(total, 3), volts, number % 3 + 1, meter, f"maker {meter}"


class _Raw(str):
    """SQL that is not to be quoted."""

    __slots__ = ()


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, _Raw):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        value = value.isoformat(sep=" ")
    return "'" + str(value).replace("'", "''") + "'"


def _insert(session: Session, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows in statements of up to BATCH_ROWS rows."""
    batch: list[str] = []
    for row in rows:
        batch.append(f"({', '.join(map(_literal, row))})")
        if len(batch) == BATCH_ROWS:
            _run(session, f"INSERT INTO {table} VALUES {', '.join(batch)}")
            batch.clear()
    if batch:
        _run(session, f"INSERT INTO {table} VALUES {', '.join(batch)}")


def _run(session: Session, sql: str) -> None:
    for answer in session.execute(sql):
        for _ in answer.rows:
            pass

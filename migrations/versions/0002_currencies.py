"""Currencies with ISO 4217's exponents, and where a provider's own minor unit differs."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# ISO 4217 list one, "minor unit" column, as of 2026; funds and metals without a minor unit are no
# webhook's currency. WITHDRAWN are no longer legal tender but still arrive in replayed history.
ISO_4217 = {
    0: """
        BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
    """,
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN
        BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD
        FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW
        KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
        MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
        SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD
        USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: """
        BHD IQD JOD KWD LYD OMR TND
    """,
    4: """
        CLF UYW
    """,
}
WITHDRAWN = {2: "ANG BGN CUC HRK SLL ZWL"}

# https://docs.stripe.com/currencies: Malagasy ariary is sent without decimals although ISO 4217
# says 2; Icelandic krona and Ugandan shilling are sent with two although ISO 4217 says 0.
STRIPE = {"MGA": 0, "ISK": 2, "UGX": 2}

UP = """
create table core.currencies (
  currency text not null,
  exponent smallint not null,
  constraint currencies_pkey primary key (currency),
  constraint currency_is_an_iso_4217_code check (currency ~ '^[A-Z]{3}$'),
  constraint exponent_is_small check (exponent between 0 and 4)
);
comment on table core.currencies is 'ISO 4217 codes; shared by all tenants';
comment on column core.currencies.exponent is
  'Decimal digits of the minor unit: an amount_minor of 1 is 10^-exponent of the currency';

create table core.provider_currency_exponents (
  provider text not null,
  currency text not null,
  exponent smallint not null,
  constraint provider_currency_exponents_pkey primary key (provider, currency),
  constraint provider_currency_exponents_currency_fkey
    foreign key (currency) references core.currencies (currency),
  constraint exponent_is_small check (exponent between 0 and 4)
);
comment on table core.provider_currency_exponents is
  'Where a provider that sends integers counts in another minor unit than ISO 4217';
"""

DOWN = """
drop table core.provider_currency_exponents cascade;
drop table core.currencies cascade;
truncate core.sql_files;
"""


def _rows(exponents: dict[int, str]) -> list[str]:
    return [
        f"('{code}', {digits})" for digits, codes in exponents.items() for code in codes.split()
    ]


def upgrade() -> None:
    """Create and fill the two tables."""
    rows = ", ".join(_rows(ISO_4217) + _rows(WITHDRAWN))
    stripe = ", ".join(f"('stripe', '{code}', {digits})" for code, digits in STRIPE.items())
    for statement in (
        UP,
        f"insert into core.currencies (currency, exponent) values {rows}",
        f"insert into core.provider_currency_exponents values {stripe}",
    ):
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with all that is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})

-- The catalogue of everything Hookledger refuses, in one place: sql/errors.md is its reading copy.
-- A function rather than a table, so that raising costs no scan and a revision cannot forget a row.
create or replace function core.errors()
  returns table (reason text, sqlstate text, message text, hint text)
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  values
    ('unknown_endpoint', 'HL001', 'no such endpoint of this tenant',
      'create it with api.create_endpoint'),
    ('unknown_tenant', 'HL002', 'no such tenant', 'create it with api.create_tenant'),
    ('unknown_provider', 'HL003', 'no normaliser for this provider',
      'see sql/providers for the names'),
    ('invalid_secrets', 'HL004', 'secrets must be one to ten texts that are not blank',
      'pass text[]'),
    ('invalid_setting', 'HL005', 'the settings hold an unknown key or value',
      'DETAIL names the key'),
    ('reader_not_bindable', 'HL006', 'this role cannot be bound to this tenant',
      'create role … login in role hookledger_reader; a login is bound once, to one tenant'),
    ('immutable_row', 'HL007', 'events and ledger entries are immutable',
      'book a correction instead'),
    ('invalid_verification', 'HL008', 'unknown verification',
      'one of signature, requery, secret, postback, none, unverified'),
    ('wrong_isolation', 'HL009', 'a snapshot older than its locks would book wrongly',
      'use read committed (or serializable) instead of repeatable read'),
    ('uneven_batch', 'HL010', 'the arrays of a batch differ in length',
      'one element per webhook in each array'),

    ('unknown_task', 'HL020', 'no function for this task', 'see sql/core/job_*.sql for the names'),
    ('lease_lost', 'HL021', 'the lease of this job is not held any more',
      'nothing of the run is kept: whoever took the job does it'),
    ('lease_expired', 'HL022', 'the last attempt did not come to an end',
      'was the worker killed, or the job too long? See docs/jobs.md'),
    ('unknown_failed_job', 'HL023', 'no such failed job of this tenant',
      'see api.worker_failed_jobs'),
    ('failed_job_settled', 'HL024', 'this failed job was decided about already',
      'see api.worker_failed_jobs'),
    ('invalid_lease', 'HL025', 'a lease lasts from a second to a day', 'pass an interval'),
    ('unknown_queue', 'HL026', 'no such queue',
      'one or more of attribution, maintenance, housekeeping'),
    ('invalid_channel_rule', 'HL031', 'a channel rule has a part that cannot be used',
      'DETAIL names it; see the comment of api.set_channel_rule'),
    ('unknown_channel_rule', 'HL032', 'no such channel rule of this tenant is in force',
      'api.channel_rules lists them'),
    ('too_many_channel_rules', 'HL033', 'the tenant has 500 channel rules in force',
      'join rules of one channel: a field takes up to 50 patterns'),

    ('invalid_period', 'HL050', 'the period is empty or without a bound',
      'pass tstzrange(from, to): from is in it, to is not'),
    ('invalid_statement', 'HL051', 'the statement is no JSON array of up to 500000 rows',
      'split a longer one by period'),
    ('unknown_run', 'HL052', 'no such reconciliation run of this tenant',
      'see api.reconciliation_runs'),

    ('invalid_utf8', 'HL101', 'the body is not UTF-8', null),
    ('invalid_json', 'HL102', 'the body is not JSON', null),
    ('not_an_object', 'HL103', 'the body is JSON but no object', null),
    ('nul_character', 'HL104', 'the body holds a NUL character, which no text can store', null),
    ('too_deep', 'HL105', 'the body is nested deeper than 32 levels', null),
    ('too_many_keys', 'HL106', 'the body has more than 20000 keys', null),
    ('duplicate_keys', 'HL107', 'an object of the body names a key twice', null),
    ('number_out_of_range', 'HL108', 'a number of the body has an exponent of 30 or more', null),

    ('missing_field', 'HL111', 'a field that the booking needs is missing',
      'DETAIL names the field'),
    ('invalid_field', 'HL112', 'a field that the booking needs has the wrong type or form',
      'DETAIL names the field'),
    ('invalid_amount', 'HL113', 'an amount is no whole number of minor units',
      'DETAIL names the field'),
    ('amount_out_of_range', 'HL114', 'an amount is larger than 10^15 minor units',
      'DETAIL names the field'),
    ('invalid_timestamp', 'HL115', 'a time is not readable or not between 2000 and 2100',
      'DETAIL names the field'),
    ('currency_missing', 'HL116', 'the payload states no currency', 'a currency is never guessed'),
    ('currency_unknown', 'HL117', 'the currency is not in ISO 4217',
      'add it to core.currencies if it is new'),

    ('pii_violation', '23514', 'personal data outside the paths a provider is known to use',
      'read DETAIL for the kinds; '
      'set the endpoint''s pii to redact or pseudonymise to book such webhooks'),
    ('delivery_id_conflict', 'HL122', 'another body came under an already used delivery id',
      'compare both hashes; replay it if it is a fact of its own'),
    ('topic_mismatch', 'HL124', 'the topic of the URL contradicts the delivery',
      'mend the address at the sender, then replay'),
    ('refund_exceeds_sale', 'HL123', 'more was refunded than was sold',
      'what fits the sale is booked, the rest waits here for a person'),
    ('internal_error', 'HL199', 'processing failed unexpectedly',
      'a redelivery or replay tries again')
$function$;

comment on function core.errors() is
  'Every refusal: reason, SQLSTATE, constant message (never a value of a payload), hint';

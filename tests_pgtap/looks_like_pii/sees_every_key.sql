-- The fast scan may only err towards yes: whatever key the exact pattern knows, it sees.
begin;
select plan(3);

create temp table keys as
select s.before || w.word || s.after as key
from unnest(array[
    'email', 'e_mail', 'email_address', 'phone', 'phone_number', 'phoneNo', 'mobile', 'mobile_phone',
    'msisdn', 'whatsapp', 'first_name', 'lastName', 'middle-name', 'full_name', 'given_name',
    'family_name', 'maiden_name', 'surname', 'holder_name', 'customer_name', 'buyer_name', 'payer_name',
    'recipient_name', 'contact_name', 'shopper_name', 'guest_name', 'address', 'address_line_1',
    'address2', 'street', 'street_name', 'street_number', 'zip_code', 'zipcode', 'postal_code',
    'postcode', 'date_of_birth', 'birth_date', 'birthday', 'social_security', 'social_security_number',
    'passport', 'passport_no', 'national_id', 'resident_id', 'personal_id_number', 'license_number',
    'licence_no', 'account_number', 'card_no', 'card_number', 'user_agent', 'zip', 'fax', 'tel', 'dob',
    'ssn', 'rrn', 'iban', 'pan', 'cvv', 'cvv2', 'cvc', 'ip']) as w (word)
cross join (values ('', ''), ('their_', ''), ('', 's'), ('', '_2'), ('', '2')) as s (before, after);

select ok(count(*) > 250, 'the exact pattern knows these keys')
from keys
where ('"' || key || '"') ~* core.pii_key_pattern();

select is(string_agg(key, ', '), null, 'and the fast scan sees each of them')
from keys
where ('"' || key || '"') ~* core.pii_key_pattern()
  and not core.looks_like_pii(jsonb_build_object(key, 'Some Body')::text);

select ok(
  not core.looks_like_pii('{"variant_id": 41258963074101, "source_name": "web", "order_number": 1042, '
    '"discount_codes": [{"type": "x"}], "currency_code": "EUR", "payment_gateway_names": ["visa"]}'),
  'the keys of an ordinary order do not make it walk the document'
);

select * from finish();
rollback;

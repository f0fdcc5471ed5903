-- A value under a key that is named like personal data is personal data, however the key is spelled.
begin;
select plan(92);

select ok(core.contains_pii(jsonb_build_object(c.key, 'Invented')), format('%s is found', c.key))
from (values
  ('email'), ('Email'), ('EMAIL'), ('e-mail'), ('e_mail'), ('customer_email'), ('customerEmail'), ('customer-email'),
  ('emailAddress'), ('email_address'), ('email-address'), ('receipt_email'),
  ('phone'), ('phone_number'), ('phoneNumber'), ('phone-number'), ('billing_phone'), ('billingPhone'), ('mobile'),
  ('mobile_no'), ('msisdn'), ('whatsapp'),
  ('first_name'), ('firstName'), ('first-name'), ('FirstName'), ('last_name'), ('lastName'), ('full_name'), ('fullName'),
  ('given_name'), ('family_name'), ('surname'), ('customer_name'), ('customerName'), ('recipient_name'), ('buyer-name'),
  ('card_holder_name'), ('cardholderName'),
  ('address'), ('address1'), ('address_2'), ('address_line_1'), ('addressLine1'), ('shipping_address'),
  ('streetAddress'), ('street'), ('street_name'),
  ('zip'), ('billing_zip'), ('zip_code'), ('zipCode'), ('postal_code'), ('postalCode'), ('postcode'),
  ('date_of_birth'), ('dateOfBirth'), ('birthday'), ('birth_date'), ('dob'),
  ('ssn'), ('social_security_number'), ('passport_number'), ('passportNo'), ('national_id'), ('rrn'),
  ('resident_id_number'), ('license_number'), ('iban'), ('account_number'), ('accountNumber'),
  ('card_number'), ('cardNumber'), ('card-number'), ('pan'), ('cvv'), ('cvc'),
  ('ip'), ('customer_ip'), ('user_agent'), ('userAgent'), ('user-agent')
) as c (key);

select ok(core.contains_pii(c.value::jsonb), c.name)
from (values
  ('{"phone": 5550143}', 'a number under such a key is found'),
  ('{"x": {"y": [{"first_name": "Invented"}]}}', 'a key deep inside is found'),
  ('{"first_name": ["Invented"]}', 'a text in an array under such a key is found'),
  ('{"phone": [5550143]}', 'a number in an array under such a key is found'),
  ('{"address": {"line1": "1 Main Street"}}', 'a text in an object under such a key is found'),
  ('{"partner_address": {"city": "Invented", "country": "US"}}', 'a city in an address is found'),
  ('{"customer_name": {"given": "Invented", "family": "Invented"}}', 'a name in parts is found'),
  ('{"first_name": "[sic] Invented"}', 'a text that begins with a bracket is found'),
  ('{"first_name": "~Invented"}', 'a text that begins with a tilde is found'),
  ('{"email": "\"x"}', 'a text that begins with a quote is found')
) as c (value, name);

select * from finish();
rollback;

-- Names of members that a provider uses in what is kept of its webhooks, none of which
-- core.holds_pii_key looks for (tests_pgtap/may_hold_pii): where a document has no other, its keys
-- need no scan. One that is missing here costs time, nothing else; the frequent ones stand first.
-- Resolved when created and so put in the place of the call, as constants.
create or replace function core.usual_keys(p_provider text)
  returns text[]
  language sql
  immutable
  parallel safe
  security invoker
return case p_provider
  when 'stripe' then array[
    'id', 'object', 'data', 'status', 'created', 'customer', 'livemode', 'metadata',
    'session_id', 'utm_source', 'utm_medium', 'utm_campaign', 'type', 'amount', 'currency',
    'api_version', 'pending_webhooks', 'payment_method', 'latest_charge', 'capture_method',
    'amount_received', 'payment_method_types', 'payment_method_options', 'confirmation_method',
    'card', 'request_three_d_secure', 'payment_intent', 'amount_captured', 'amount_refunded',
    'balance_transaction', 'captured', 'disputed', 'paid', 'refunded', 'radar_options',
    'amount_capturable', 'automatic_payment_methods', 'enabled', 'allow_redirects',
    'landing_page', 'referrer', 'canceled_at', 'cancellation_reason', 'setup_future_usage',
    'processing', 'previous_attributes', 'refunds', 'has_more', 'charge', 'invoice',
    'subscription', 'reason', 'evidence_details', 'due_by', 'has_evidence', 'past_due',
    'submission_count', 'is_charge_refundable', 'balance_transactions', 'fee', 'net',
    'amount_total', 'amount_subtotal', 'amount_tax', 'amount_discount', 'amount_shipping',
    'amount_due', 'amount_paid', 'amount_remaining', 'total', 'subtotal', 'total_details',
    'payment_status', 'mode', 'locale', 'ui_mode', 'expires_at', 'automatic_tax',
    'customer_creation', 'client_reference_id', 'billing_reason', 'collection_method',
    'attempted', 'attempt_count', 'auto_advance', 'ending_balance', 'starting_balance',
    'period_start', 'period_end', 'status_transitions', 'paid_at', 'finalized_at', 'account',
    'payment_method_collection', 'allow_promotion_codes', 'shipping_cost', 'shipping_rate',
    'customer_tax_exempt', 'account_country', 'paid_out_of_band'
  ]
  when 'shopify' then array[
    'id', 'price', 'quantity', 'sku', 'title', 'product_id', 'variant_id', 'gift_card',
    'total_discount', 'discounted_price', 'amount', 'currency_code', 'shop_money',
    'presentment_money', 'test', 'number', 'app_id', 'currency', 'customer', 'confirmed',
    'total_tax', 'cart_token', 'created_at', 'line_items', 'tax_exempt', 'updated_at',
    'source_name', 'total_price', 'landing_site', 'order_number', 'processed_at',
    'total_weight', 'referring_site', 'shipping_lines', 'subtotal_price', 'taxes_included',
    'customer_locale', 'duties_included', 'estimated_taxes', 'session_id', 'utm_source',
    'utm_medium', 'utm_campaign', 'note_attributes', 'total_discounts', 'total_price_set',
    'financial_status', 'fulfillment_status', 'current_total_tax', 'total_outstanding',
    'total_tip_received', 'current_total_price', 'admin_graphql_api_id', 'presentment_currency',
    'payment_gateway_names', 'current_subtotal_price', 'total_line_items_price',
    'buyer_accepts_marketing', 'current_total_discounts', 'merchant_business_entity_id',
    'closed_at', 'cancelled_at', 'order_id', 'kind', 'status', 'gateway', 'parent_id',
    'amount_set', 'transactions', 'refund_line_items', 'line_item_id', 'restock',
    'restock_type', 'subtotal', 'subtotal_set', 'total_tax_set', 'order_adjustments',
    'tax_amount', 'tax_amount_set', 'duties', 'additional_fees', 'total_duties_set',
    'total_additional_fees_set', 'landing_page', 'referrer'
  ]
  when 'woocommerce' then array[
    'id', 'product_id', 'variation_id', 'quantity', 'subtotal', 'subtotal_tax', 'total',
    'total_tax', 'status', 'currency', 'parent_id', 'payment_method', 'customer_id',
    'line_items', 'meta_data', 'refunds', 'prices_include_tax', 'date_created_gmt',
    'date_modified_gmt', 'date_paid', 'date_paid_gmt', 'date_completed_gmt', 'discount_total',
    'discount_tax', 'shipping_total', 'shipping_tax', 'cart_tax', 'utm_source', 'utm_medium',
    'utm_campaign', 'session_id', 'landing_page', 'referrer', 'channel'
  ]
  when 'standard' then array[
    'type', 'timestamp', 'data', 'touch_id', 'object_id', 'parent_object_id', 'occurred_at',
    'session_id', 'customer_key', 'currency', 'amount_minor', 'channel', 'utm_source',
    'utm_medium', 'utm_campaign', 'referrer', 'landing_page', 'batch'
  ]
  when 'paypal' then array[
    'id', 'event_type', 'event_version', 'create_time', 'resource_type', 'resource_version',
    'resource', 'status', 'state', 'amount', 'value', 'total', 'currency', 'currency_code',
    'update_time', 'links', 'rel', 'href', 'intent', 'payer_id', 'sale_id', 'capture_id',
    'parent_payment', 'billing_agreement_id', 'payment_mode', 'purchase_units', 'payments',
    'captures', 'refunds', 'supplementary_data', 'related_ids', 'order_id', 'authorization_id',
    'total_refunded_amount'
  ]
  when 'toss' then array[
    'eventType', 'createdAt', 'data', 'paymentKey', 'orderId', 'lastTransactionKey',
    'transactionKey', 'mId', 'status', 'cancelStatus', 'currency', 'method', 'type', 'version',
    'totalAmount', 'balanceAmount', 'cancelAmount', 'refundableAmount', 'requestedAt',
    'approvedAt', 'canceledAt', 'cancels', 'customerKey', 'metadata', 'utm_source',
    'utm_medium', 'utm_campaign', 'session_id', 'landing_page', 'referrer'
  ]
  else array[]::text[]
end;

comment on function core.usual_keys(text) is
  'Names of members that a provider uses and that say nothing about a person';

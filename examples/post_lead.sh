#!/bin/sh
# Hands in one lead, as a clinic's form would, and prints the answer.
#
#   KEY=llk_… sh examples/post_lead.sh [FIRST_NAME [PHONE]]
#
# The consent's words are those that examples/lakeside.yaml has on file for this form; any others and nobody is texted.
# KEY is a key of role source (`leadline keys create --role source …`); URL is where the API answers.
# The Idempotency-Key makes it safe to run again: the same key and body answer as before and make no second lead.
set -eu

: "${KEY:?set KEY to a key of role source, from: leadline keys create}"
URL=${URL:-http://127.0.0.1:8000}
FIRST_NAME=${1:-Maria}
PHONE=${2:-"(312) 555-0142"}

curl --silent --show-error --fail-with-body "$URL/leads" \
  --header "Authorization: Bearer $KEY" \
  --header "Idempotency-Key: example-$FIRST_NAME-$PHONE" \
  --header "Content-Type: application/json" \
  --data @- <<BODY
{
  "first_name": "$FIRST_NAME",
  "phone": "$PHONE",
  "service": "new-patient",
  "location": "north",
  "preferred_times": ["weekday mornings"],
  "consent": {
    "sms": true,
    "method": "web_form",
    "text": "I agree to receive text messages about my appointment request from Lakeside Clinic at the number I gave. Message frequency varies. Message and data rates may apply. Reply STOP to opt out, HELP for help. Text messages are not encrypted. My consent is not a condition of care. See our privacy policy and terms at https://lakeside.example/privacy."
  }
}
BODY
echo

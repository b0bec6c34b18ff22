"""The official twilio package, and any other HTTP client, against the emulated carrier."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException

ACCOUNT, TOKEN = "AC" + "0" * 32, "a-token-for-tests"
CLINIC, PHONE, OTHER = "+13125550199", "+13125550123", "+13125550124"


async def test_the_official_package_creates_and_fetches_a_text(bench):
    made = await bench.text("Hi Ana, reply YES.", validity_period=3600)
    fetched = await asyncio.to_thread(lambda: bench.twilio.messages(made.sid).fetch())
    assert re.fullmatch("SM[0-9a-f]{32}", made.sid)
    assert (made.status, made.to, made.from_, made.body) == ("queued", PHONE, CLINIC, "Hi Ana, reply YES.")
    assert (made.num_segments, made.direction, made.account_sid) == ("1", "outbound-api", ACCOUNT)
    assert abs(datetime.now(UTC) - made.date_created) < timedelta(seconds=5)
    assert (fetched.sid, fetched.body, fetched.to) == (made.sid, made.body, made.to)


async def test_the_create_answer_is_the_whole_message_resource(bench):
    answer = await bench.create(Body="Hello")
    resource = answer.json()
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{resource['sid']}"
    for changing in ("date_created", "date_updated"):
        datetime.strptime(resource.pop(changing), "%a, %d %b %Y %H:%M:%S %z")
    assert answer.status_code == 201
    assert resource == {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": "Hello",
        "date_sent": None,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": CLINIC,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": resource["sid"],
        "status": "queued",
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": PHONE,
        "uri": f"{path}.json",
    }


async def test_the_official_package_lists_page_by_page_newest_first(bench):
    sids = [(await bench.text(f"text {n}")).sid for n in range(5)]
    listed = await asyncio.to_thread(lambda: bench.twilio.messages.list(page_size=2))
    assert [message.sid for message in listed] == sids[::-1]


async def test_a_list_is_filtered_by_who_and_by_day(bench):
    first = (await bench.text()).sid
    second = (await bench.text(to=OTHER)).sid
    reply = (await bench.reply("YES")).json()["sid"]
    today, tomorrow = datetime.now(UTC).date(), datetime.now(UTC).date() + timedelta(days=1)

    async def listed(**filters) -> set[str]:
        found = await asyncio.to_thread(lambda: bench.twilio.messages.list(**filters))
        return {message.sid for message in found}

    assert await listed(to=PHONE) == {first}
    assert await listed(from_=PHONE) == {reply}
    assert await listed(from_=CLINIC) == {first, second}
    assert await listed(to=OTHER, from_=CLINIC, date_sent=today) == {second}
    assert await listed(date_sent_after=today) == {first, second, reply}
    assert await listed(date_sent_after=tomorrow) == set()
    assert await listed(date_sent_before=tomorrow) == {first, second, reply}
    assert await listed(date_sent_before=date(2020, 1, 1)) == set()


async def test_paging_links_lead_forth_and_back(bench):
    for n in range(3):
        await bench.create(Body=f"text {n}")
    auth = (ACCOUNT, TOKEN)
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    first = (await bench.http.get(f"{path}?PageSize=2", auth=auth)).json()
    second = (await bench.http.get(first["next_page_uri"], auth=auth)).json()
    back = (await bench.http.get(second["previous_page_uri"], auth=auth)).json()
    assert [m["body"] for m in first["messages"]] == ["text 2", "text 1"]
    assert [m["body"] for m in second["messages"]] == ["text 0"]
    assert (first["page"], first["page_size"], first["start"], first["end"]) == (0, 2, 0, 1)
    assert (second["page"], second["start"], second["end"], second["next_page_uri"]) == (1, 2, 2, None)
    assert (first["previous_page_uri"], back["messages"]) == (None, first["messages"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "312"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "clinic"}, 21212),
        ({"From": "+13125550777"}, 21606),
        ({"To": CLINIC}, 21266),
        ({"Body": " "}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ValidityPeriod": "1h"}, 21624),
        ({"StatusCallback": "ftp://clinic.example"}, 21609),
        ({"StatusCallback": "http://[broken"}, 21609),
    ],
)
async def test_a_wrong_field_is_refused_with_its_own_code(bench, fields, code):
    answer = await bench.create(**fields)
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
    assert answer.json()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"


async def test_the_limits_themselves_are_accepted(bench):
    assert (await bench.create(Body="x" * 1600, ValidityPeriod="36000")).status_code == 201
    assert (await bench.create(ValidityPeriod="1")).status_code == 201


async def test_without_numbers_any_sender_is_accepted(open_bench):
    assert (await open_bench.create(From="+12125550100")).status_code == 201


@pytest.mark.parametrize("auth", [None, (ACCOUNT, "wrong"), ("AC1", TOKEN)])
async def test_wrong_credentials_are_refused_on_every_call(bench, auth):
    path = f"/2010-04-01/Accounts/{ACCOUNT}"
    form = {"To": PHONE, "From": CLINIC, "Body": "Hello"}
    answers = [
        await bench.http.post(f"{path}/Messages.json", data=form, auth=auth),
        await bench.http.get(f"{path}/Messages.json", auth=auth),
        await bench.http.get(f"{path}/Messages/SM1.json", auth=auth),
        await bench.http.get(f"{path}.json", auth=auth),
    ]
    expected = {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }
    assert [(a.status_code, a.json()) for a in answers] == [(401, expected)] * 4


async def test_another_account_is_refused_with_our_credentials(bench):
    answer = await bench.http.get("/2010-04-01/Accounts/AC1/Messages.json", auth=(ACCOUNT, TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


async def test_an_unknown_text_is_the_package_s_404(bench):
    with pytest.raises(TwilioRestException) as caught:
        await bench.status_of("SM" + "f" * 32)
    assert (caught.value.status, caught.value.code) == (404, 20404)


async def test_credentials_can_be_tried_on_the_account_itself(bench):
    account = await asyncio.to_thread(lambda: bench.twilio.api.v2010.accounts(ACCOUNT).fetch())
    assert (account.sid, account.status) == (ACCOUNT, "active")


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("x" * 160, "1"),
        ("x" * 161, "2"),
        ("x" * 159 + "€", "2"),
        ("ж" * 70, "1"),
        ("ж" * 71, "2"),
        ("😀" * 36, "2"),
    ],
)
async def test_segments_follow_the_encoding(bench, body, segments):
    assert (await bench.create(Body=body)).json()["num_segments"] == segments


async def test_the_request_log_has_every_request_refused_ones_too(bench):
    before = datetime.now(UTC)
    sid = (await bench.create(Body="One", ValidityPeriod="60")).json()["sid"]
    await bench.create(Body="")
    await bench.http.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data={"To": PHONE})
    log = (await bench.http.get("/requests")).json()["requests"]
    times = [datetime.fromisoformat(entry.pop("at")) for entry in log]
    fields = {"To": PHONE, "From": CLINIC}
    assert log == [
        {"sid": sid, "status": 201, "code": None, "params": {**fields, "Body": "One", "ValidityPeriod": "60"}},
        {"sid": None, "status": 400, "code": 21602, "params": {**fields, "Body": ""}},
        {"sid": None, "status": 401, "code": 20003, "params": {"To": PHONE}},
    ]
    assert before <= times[0] <= times[1] <= times[2] <= datetime.now(UTC)
    assert (await bench.http.delete("/requests")).status_code == 204
    assert (await bench.http.get("/requests")).json() == {"requests": []}

"""Who opens a link without being a person: phones and messengers that draw a preview, scanners, browsers that prefetch.

A preview is drawn when a text arrives, or even before it is shown; taken for a click it would make every lead look
interested. The rows are words that such programs put into their User-Agent, in small letters.
"""

from collections.abc import Mapping

AGENTS: tuple[tuple[str, str], ...] = (
    ("facebookexternalhit", "iMessage, Messenger, Facebook"),
    ("facebot", "iMessage, Facebook"),
    ("twitterbot", "iMessage, X"),
    ("whatsapp", "WhatsApp"),
    ("slackbot", "Slack"),
    ("slack-imgproxy", "Slack"),
    ("telegrambot", "Telegram"),
    ("discordbot", "Discord"),
    ("linkedinbot", "LinkedIn"),
    ("skypeuripreview", "Skype, Teams"),
    ("viber", "Viber"),
    ("google-pagerenderer", "Google Messages"),
    ("developers.google.com/+/web/snippet", "Google Messages"),
    ("googlemessages", "Google Messages"),
    ("google-safety", "Google, a scanner"),
    ("googlebot", "Google"),
    ("googleother", "Google"),
    ("bingbot", "Bing"),
    ("bingpreview", "Outlook, Bing"),
    ("applebot", "Apple"),
    ("yahoo! slurp", "Yahoo"),
    ("yahoomailproxy", "Yahoo Mail"),
    ("ms-office", "Office"),
    ("microsoft-preview", "Outlook, Teams"),
    ("safelinks", "Outlook, a scanner"),
    ("barracuda", "a mail scanner"),
    ("proofpoint", "a mail scanner"),
    ("mimecast", "a mail scanner"),
    ("symantec", "a mail scanner"),
    ("redditbot", "Reddit"),
    ("pinterestbot", "Pinterest"),
    ("embedly", "previews for others"),
    ("iframely", "previews for others"),
    ("crawler", "crawlers"),
    ("spider", "crawlers"),
    ("headlesschrome", "scanners"),
    ("linkpreview", "previews"),
    ("link preview", "previews"),
)
"""A word of the User-Agent, and whose it is."""

PREFETCH: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("purpose", ("prefetch", "preview", "prerender")),
    ("sec-purpose", ("prefetch", "prerender")),
    ("x-purpose", ("prefetch", "preview")),
    ("x-moz", ("prefetch",)),
)
"""Headers in which a browser says that nobody has asked yet."""


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request looks like somebody who opened the link; `headers` are looked up in small letters."""
    agent = headers.get("user-agent", "").casefold()
    if method != "GET" or any(word in agent for word, _ in AGENTS):
        return False
    return not any(word in headers.get(name, "").casefold() for name, words in PREFETCH for word in words)

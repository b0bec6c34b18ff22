"""Answers that no person wrote: out of office, driving, "this line is not monitored". No machine may answer them."""

from app.domain.replies.rows import says

_NOTICE = says(
    """
    (im |i am |currently |sorry )*driving (with|right now|at the moment|and) ~6(focus|do not disturb|turned on|
        notified|notifications|see your message|get back|silenced|later)
    do not disturb while driving
    (sent|auto ?reply|automatic) (from|by|while) ~3(car|driving|android auto|carplay)
    notifications (are )?(silenced|turned off)
    driving focus
    auto ?(reply|response|respond\\w*|mated (reply|response|message))
    automatic (reply|response|message)
    automated (reply|response|message)
    respuesta automatica
    contestacion automatica
    mensaje automatico
    out of (the )?office
    fuera de la oficina
    away from (my |the )?(office|desk|email|phone) (until|till|from|and|through|with)
    (on|currently on) (vacation|annual leave|leave|pto|holiday|maternity leave|parental leave) (until|till|from|and|
        through|with|returning)
    (este )?(numero|buzon) no (es |esta )?(monitoread\\w*|atendido|recibe)
    (this|the) (number|inbox|mailbox|line|account|phone) (is |isnt |does |doesnt |cant |is currently |
        currently |cannot |can |can only |no )*(not |
        un)?(monitored|receive|accept|unmonitored|attended|able to receive)( text\\w*| sms| messages| replies)?
    (thank you|thanks|gracias) (for|por) (contacting|messaging|reaching out to|texting|calling|your message|
        your inquiry|comunicarse|contactar\\w*|su mensaje|escribir) ~9(we will|well|our (hours|office|team|
        business)|a member|someone|will (respond|reply|get back|be with)|shortly|as soon as|business (day|days|
        hours)|le (responderemos|contestaremos|atenderemos)|nos pondremos|pronto|a la brevedad)
    we (will|have) (received|get back|respond|reply) ~6(business|shortly|hours|message|soon as)
    your message has been received
    hemos recibido su mensaje
    (limited|no) access to (my )?(email|phone|messages)
    estoy conduciendo ~6(notific\\w+|cuando|leere|despues)
    conduciendo con
    (modo|enfoque) (de )?conduccion
    message (blocking|not delivered|failed|undeliverable)
    (msg|message) 2 (unknown|failed)
    undeliverable
    free msg
    (i cant|i cannot|cant) (talk|answer) (right )?now (whats up|ill call you|can i call you|please text me)?$
    ill be back (on|in the office)
    in a meeting ill (call|text) you (back )?(later|soon)?$
    """
)
"""Phones' and offices' own wording, in English and Spanish."""


def is_automatic(words: str) -> bool:
    """Whether a plainly said message reads like a machine's notice."""
    return _NOTICE.compiled.search(words) is not None

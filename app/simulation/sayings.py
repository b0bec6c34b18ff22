"""What made-up people write: a pool of replies of every meaning, by language. Weights say how often each is meant."""

from app.domain.replies import Intent

MEANT: dict[Intent, int] = {
    Intent.CONFIRM: 30,
    Intent.DECLINE: 9,
    Intent.OPT_OUT: 8,
    Intent.QUESTION: 14,
    Intent.TIME_PREFERENCE: 14,
    Intent.CALLBACK: 6,
    Intent.ALREADY_BOOKED: 4,
    Intent.WRONG_NUMBER: 3,
    Intent.URGENT: 1,
    Intent.HELP: 2,
    Intent.OPT_IN: 2,
    Intent.OTHER: 7,
}

SAYINGS: dict[str, dict[Intent, tuple[str, ...]]] = {
    "en": {
        Intent.CONFIRM: ("YES", "yes please", "Yes, send it", "sure", "Y", "1"),
        Intent.DECLINE: ("NO", "no thanks", "Not needed anymore"),
        Intent.OPT_OUT: ("STOP", "stop texting me", "Unsubscribe", "STOP!!", "please take me off this list"),
        Intent.QUESTION: ("How much is it?", "Do you take my insurance?", "Is there parking?", "who is this"),
        Intent.TIME_PREFERENCE: ("Tuesday mornings", "After 4 on Friday works", "Next week, any afternoon"),
        Intent.CALLBACK: ("Call me please", "CALL", "can somebody phone me tomorrow"),
        Intent.ALREADY_BOOKED: ("I already booked", "I have an appointment already"),
        Intent.WRONG_NUMBER: ("wrong number", "You have the wrong person"),
        Intent.URGENT: ("I have chest pain", "I can't breathe"),
        Intent.HELP: ("HELP", "help"),
        Intent.OPT_IN: ("START", "UNSTOP"),
        Intent.OTHER: ("ok thx 🙂", "bananas", "", 'Liked "Hi, this is the clinic"', "I am driving, will reply later"),
    },
    "es": {
        Intent.CONFIRM: ("SI", "sí por favor", "Si, mande el enlace", "claro"),
        Intent.DECLINE: ("NO", "no gracias", "ya no la necesito"),
        Intent.OPT_OUT: ("ALTO", "STOP", "no me escriban más", "cancelar mensajes"),
        Intent.QUESTION: ("¿Cuánto cuesta?", "¿Aceptan mi seguro?", "¿Dónde están?"),
        Intent.TIME_PREFERENCE: ("El martes por la mañana", "el viernes después de las 4", "la próxima semana"),
        Intent.CALLBACK: ("Llámenme por favor", "LLAMAR", "pueden llamarme mañana"),
        Intent.ALREADY_BOOKED: ("Ya tengo cita", "ya hice la cita"),
        Intent.WRONG_NUMBER: ("número equivocado", "se equivocó de persona"),
        Intent.URGENT: ("Tengo dolor de pecho", "no puedo respirar"),
        Intent.HELP: ("AYUDA", "HELP"),
        Intent.OPT_IN: ("START",),
        Intent.OTHER: ("mmm", "gracias", "🙏"),
    },
}

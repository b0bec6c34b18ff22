"""Families of words that the rows speak of, and short forms that people type.

A row writes the name of a family in capitals. A word added here is known to every row that names its family.
"""

import re

COURTESY = (
    "please|thanks|thank you(?: (?:so|very) much)?|sorry|hi|hello|hey|sir|maam|miss|mam|there|everyone|yall"
    "|folks|guys|lol|ok so"
    "|por favor|(?:muchas )?gracias|lo siento|disculpe|perdon|hola|oiga|oigan|buenas(?: tardes| noches)?"
    "|buenos dias|amigo"
    "|good (?:morning|afternoon|evening)|god bless|im sorry|bye|kindly|have a (?:good|nice|great) (?:day|one)"
)

FAMILIES: dict[str, str] = {
    "TEXTS": (
        "texts?|messag(es?|ing)|texting|sms|mensajes?|mensajitos?|textos?|notifications?|notificaciones|alerts?"
        "|reminders?"
        "|updates?|spam|promos?|promotions?|recordatorios?|alertas?|communications?|correspondence|outreach"
        "|marketing|solicitations?|this thread"
    ),
    "TEXTING": (
        "texting|messaging|contacting|sending|spamming|bothering|harassing|bugging|annoying|pestering|hounding|writing"
        "|reaching out|following up|hitting me up|blowing up|emailing and texting|calling and texting"
        "|texting and calling|disturbing|soliciting|stalking|blasting|badgering|trying to (reach|contact)"
    ),
    "TEXT": (
        "text|message|contact|write|send|bother|disturb|solicit|reach out|hit me up|spam|bug|sms|harass|pester"
        "|msg|keep (texting|messaging|contacting|sending|writing|bothering)"
    ),
    "ANY": (
        "all|any|more|these|the|this|that|your|those|so many|such|anymore|further|future|automated|of|stupid"
        "|damn|fucking|annoying|random|unwanted|mas|los|la|el|estos|esos|sus|tantos|de"
    ),
    "ME": "me|us|this number|this phone|my phone|my number|here|again|anymore|him|her|at all|ever",
    "LIST": (
        "(list|lists|system|database|records|files?|contacts|contact list|texting|mailing|sms|thread|group|chat"
        "|blast|program|service|campaign|distribution|rotation|spam)"
    ),
    "WHOSE": "my|our|the|an|a|his|her|this|that|moms|dads|mothers|sons|daughters|mi|la|una|su|el|nuestra|esta|hijo",
    "VISIT": (
        "appointments?|visits?|bookings?|consultations?|consults?|reservations?|checkups?|cleaning|exam|physical"
        "|citas?|consultas?|visitas?|reserva|turno|table|slot|session"
    ),
    "DAY": (
        "mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekdays?|weekends?|today"
        "|tonight|tomorrow"
        "|lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|hoy|pasado manana|fin de semana|entre semana"
    ),
    "MONTH": (
        "january|february|april|june|july|august|september|october|november|december|jan|feb|apr|jun|jul|aug"
        "|sept|sep|oct|nov|dec"
        "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    ),
    "HOUR": (
        "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midday|midnight|una|dos|tres|cuatro"
        "|cinco|seis|siete|ocho|nueve|diez|once|doce|mediodia"
    ),
    "PART": (
        "mornings?|afternoons?|evenings?|nights?|noon|midday|lunch ?time|lunch|mediodia|tardes?|mananas|noche|am|pm"
    ),
    "DOCTOR": (
        "doctors?|dr|drs|dentists?|clinics?|providers?|specialists?|dermatologists?|therapists?|physicians?"
        "|hygienists?|nurse|nurses|practices?|places?|offices?|hospital|docs?|doctora?|doctores|dentista"
        "|clinicas?|medicos?|medica|especialista|consultorio|lugar"
    ),
    "SOMEONE": (
        "someone|somebody|anyone|anybody|a person|a human|a real person|a live person|a nurse|the nurse|a doctor"
        "|the doctor|the front desk|front desk|the office|your office|receptionist|a receptionist"
        "|the receptionist|staff|a representative|a rep|an agent|scheduling|a scheduler|the scheduler|a manager"
        "|alguien|una persona|un agente|recepcion|la recepcionista|la enfermera|el doctor|la doctora"
        "|un representante"
    ),
    "SITE": (
        "link|website|web ?site|site|page|webpage|portal|form|app|calendar|url|online( thing| system| booking"
        "| form| scheduling)?|booking (page|link|site|system)|scheduler|enlace|liga|pagina|sitio|portal"
        "|formulario|sistema|calendario|captcha|button|screen"
    ),
    "FAMILY": (
        "mom|mother|mum|dad|father|son|daughter|husband|wife|brother|sister|baby|kid|child|toddler|friend"
        "|grandma|grandpa|grandmother|grandfather|uncle|aunt|cousin|boyfriend|girlfriend|partner|roommate"
        "|roomate|neighbor|coworker|niece|nephew|grandson|granddaughter|wifey|hubby|ma|mama|papa|mami|papi|hijo"
        "|hija|esposo|esposa|mama|madre|padre|hermano|hermana|abuela|abuelo|bebe|nino|nina|marido|novio|novia"
        "|amigo|amiga|vecino|vecina"
    ),
    "AFRESH": (
        "now|right now|today|tonight|currently|again|still|since (this|last|yesterday)|this morning|ahora"
        "|ahorita|hoy|otra vez|todavia|im having|getting worse|started|just"
    ),
    "MINE": "my|his|her|our|the|their|mi|su|la|el|un|una|of my|her|one|both|left|right|entire|whole|me|le|se",
    "SIGN": (
        "chest pains?|chest tightness|chest pressure|heart attack|(trouble|difficulty|problems?) breathing"
        "|shortness of breath|emergency|emergencies"
        "|bleeding|fainting|seizures?|suicidal( thoughts)?|stroke|overdose|fever|swelling|numbness|dizziness"
        "|head injury|dolor (de|en el) pecho"
        "|emergencia|sangrado|fiebre|falta de aire|dificultad para respirar|breathing (issues|problems|trouble)"
    ),
    "NO_NAME": (
        "interested|sure|available|feeling|well|home|ready|able|going|coming|looking|in|at|free|a|an|the|my|your"
        "|his|her|on|off|here|there|good|ok|okay|sick|late"
        "|too|so|very|that|this|it|yet|now|today|right|really|getting|having|doing|working|trying|happy|allowed"
        "|busy|done|new|covered|insured|from|with|to|it|me"
        "|not|just|about|up|out|doctor|dentist|tomorrow|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?"
        "|saturdays?|sundays?|mornings?|afternoons?|evenings?|weekends?|bad|fair|true|funny|cool|possible|urgent"
        "|necessary"
        "|needed|working|helpful|enough|worth|anymore|comfortable|pregnant|over|sorry|clear|what|why|how|for|by"
        "|of|and|but|or|because|available|much|all|as|if|only|supposed|open|loading|correct"
        "|lo|la|el|los|las|un|una|de|que|muy|se|es|me|estoy|paciente|segura?o?|buena?o?|posible|necesario"
        "|urgente|para|justo|interested|mad|upset|scared|afraid|tired|worried|convinced|certain|aware|driving"
        "|old|young|fun|easy|cheap|local|near|nearby|around|ill|dead|alive|kidding|joking|playing|planning"
        "|paying|using|taking|waiting|talking|asking|complaining|fine|great|better|worse|best|usually|always"
        "|available|always|rich|made|currently|even|gonna|due|one|two|any|insured|until|before|after|at|bueno"
        "|bien|mala?o?|igual|mi|tu|su|al|con|en|por|nada|nuevo|nueva|feliz|like|somebody|someone"
    ),
    "BOOK": (
        "book|schedule|make|set up|set|reserve|arrange|get|sign up for|agendar|reservar|hacer|sacar|programar"
        "|apartar|pedir"
    ),
    "CLOCK": (
        "\\d\\d?(:\\d\\d)? ?(am|pm|a|p)|\\d\\d?:\\d\\d|\\d\\d? (hrs|horas)|(at|after|before|around|by|until|till"
        "|from|between|about|b4|past|noon|near|ish|at like|aroun|arround|como a las|a las|a la|las"
        "|despues de las?|antes de las?|tipo|hasta las?|desde las?|entre las?|de las|sobre las) (like |about "
        "|maybe |las |around )?(\\d\\d?(:?\\d\\d)?|HOUR)(ish)?( ?(am|pm|oclock|ish|thirty|fifteen|or so|en punto"
        "|y media|de la \\S+))?"
        "|(HOUR|\\d\\d?) (oclock|thirty|ish|fifteen|forty five|o clock)|half past \\S+|quarter (to|past|after"
        "|till) \\S+|noon|noonish|midday|mediodia|lunch ?time"
    ),
    "DATE": (
        "DAY|(the )?\\d\\d?(st|nd|rd|th)|(MONTH) (the )?\\d\\d?|\\d\\d? (de )?(MONTH)|el (dia )?\\d\\d?|(this"
        "|next|following|coming|any|every|first thing|later this|early|mid|late|end of|beginning of|start of"
        "|the whole|all|sometime) ?(next |this |of the |the )?(week|month|mon|day|morning|afternoon|evening"
        "|weekend|weekday)s?|week (of|after)|(esta|la proxima|la otra|la siguiente|proxima|toda la"
        "|a principios de|fin de|cualquier|la semana que|entre) (semana|entrante|viene|proxima|dia|tarde|manana)"
        "|semana que (viene|entra)|proximo|(early|late|mid) (MONTH|next|this|in the|morning|afternoon|week)|(in"
        "|beginning of|end of|mid|early|late|first week of|sometime in|en|para|a finales de"
        "|principios de) (MONTH|march|may|mayo|marzo)"
        "|in the (morning|afternoon|evening|am|pm|mornings|afternoons|evenings)|(por|en|a|de|para) la (manana"
        "|tarde|noche|mananas|tardes)|(por|en|de) las (mananas|tardes|noches)|manana|mornings?|afternoons?"
        "|evenings?|after (work|school|lunch|hours|church|i get off|dinner|5|my shift)|before (work|school|lunch"
        "|noon)|(earliest|soonest|first|next) (available|opening|appointment|slot|possible|time|you have|one)"
        "|anytime|any time|any ?day|whenever|sooner|earliest|soonest|a\\.?m\\.?|los dias|despues del trabajo"
        "|saliendo del trabajo|temprano|lo mas pronto|lo antes posible|cualquier (dia|hora|horario)|cuando (sea"
        "|tengan|puedan)|medio dia"
    ),
    "TOPIC": (
        "insurance|insured|aetna|cigna|medicaid|medicare|humana|united ?(healthcare)?|blue cross|bcbs|kaiser"
        "|tricare|ppo|hmo|copay|co pay|deductible|cost|costs|price|prices|pricing|charge|fee|fees|afford|payment"
        "|pay|financing|cash|credit|discount|expensive|covered|cover|covers|coverage|in network|network|parking"
        "|park|address|located|location|directions|bring|wear|eat|fast|fasting|referral|new patients?|kids"
        "|children|wheelchair|spanish|english|interpreter|translator|virtual|telehealth|zoom|online visit|video"
        "|hurt|painful|pain|safe|side effects|long (does|will|is|do|are)|how long|how (much|many|late|early|far"
        "|often|old)|hours|open|close|closed|walk ins?|accept|paperwork|forms?|results|doctor is|which doctor"
        "|female|male|who|where|why|experience|qualified|recover\\w*|covid|mask|seguro|seguros|cuesta|cuestan"
        "|precio|precios|costo|costos|cobran|cobra|pagar|pago|pagos|aceptan|ubicad[oa]s?|direccion|donde"
        "|estacionamiento|traer|llevar|llevo|ayunas|ayuno|horarios?|abren|abierto|abiertos|cierran|duele"
        "|doloroso|cuanto|cuanta|cuantos|cuantas|hablan|espanol|ingles|ninos|atienden|cubre|cubren|quien|por que"
        "|requisitos|documentos|identificacion|financiamiento|descuento|medicare|gratis|free consultation"
        "|is it free|for free|text me this|legit|scam|real|bot|robot|automated"
    ),
}

KEYWORDS = frozenset(
    """
    stop stopall unsubscribe cancel end quit revoke optout remove halt unsub yes help start unstop please texts
    text
    """.split()  # noqa: SIM905
)
"""Words that are written with digits for letters by those who expect a filter: "st0p", "un5ubscribe"."""

SIGNS = {
    "🛑": "stopsign",
    "⛔": "stopsign",
    "🚫": "stopsign",
    "👍": "thumbsup",
    "👌": "thumbsup",
    "✅": "thumbsup",
    "✔": "thumbsup",
    "🆗": "thumbsup",
    "💯": "thumbsup",
    "👎": "thumbsdown",
    "🙅": "thumbsdown",
}

_SHORT = """
please: pls plz plse plss plzz pleas pleaseee pease plez
thanks: thx tx thnx thanx thks tnx ty tysm thankyou tks thank
you: u yu
your: ur yr
youre: youre
are: r
text: txt
texts: txts textmessages textes
texting: txting texing
message: msg mssg mesg
messages: msgs mssgs
messaging: msging
mensajes: msjs mjs msjes
mensaje: msj
appointment: appt apt appmt apptment apointment appoinment appoitment apptmt appts appointmnt
tomorrow: tmrw tmr tmw tmrrw 2moro 2morrow tomorow tommorow tommorrow tomm tmro tomoro tomorro
today: tdy 2day
tonight: 2nite tonite 2night
monday: mon
tuesday: tues tue
wednesday: wed weds wednes
thursday: thurs thur thu
friday: fri
saturday: sat
sunday: sun
week: wk
weeks: wks
weekend: wknd
before: b4
because: bc cuz coz cause becuz
with: w
without: wo
dont: dnt dun dont donot dint
not: nt
know: kno
no: nooo noo
yes: yess yesss yass yas yesh yse yed yws yesplease
yeah: yea yeh yah yeahh
nope: nop noper
never mind: nvm nevermind nvmd nm
i dont know: idk iono
want to: wanna
going to: gonna gunna
have to: gotta hafta
let me: lemme
give me: gimme
kind of: kinda
doctor: doc
insurance: ins insur
number: num nbr numb3r
information: information
morning: mornin morn
afternoon: aft
evening: eve
okay: okey okie oki okk okayy okee kk
que: q ke
porque: xq pq porq xk
por favor: xfa xfavor porfa porfis porfavor pf
tambien: tmb tb
manana: mnn manan mañn
bien: bn
cita: sita
people: ppl
someone: sm1 some1
anyone: ne1
schedule: sched skd schedual
reschedule: resched reschedual reskedule
right now: rn
though: tho
about: abt
as soon as possible: asap
oh my god: omg
wtf: wtf
f off: foff
fuck off: fukoff fuckoff fuk
interested: intrested intersted interesed
minutes: mins min
hours: hrs
from: frm
quit: kwit
help: helpp hlep hepl halp hellp
cancel: cancell cancle cansel
walk in: walkin
unsubscribe: desubscribe unsuscribe unsubcribe unsubscribed unsubscribr unsubscibe unsubscrib unsub
stop: stp stopp stpo sotp stio dtop atop sfop stpp sto stoo ztop tsop stap stahp stopo stob xtop stoip stopit
"""

SHORT_FORMS: dict[str, str] = {
    short: long
    for line in _SHORT.strip().splitlines()
    for long, _, shorts in [line.partition(": ")]
    for short in shorts.split()
    if short != long
}
"""What people type for it, to what is meant."""

SPOKEN_SHORT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?<!\S)(?:{long})(?!\S)"), short)
    for long, short in (
        (r"(do|does|did|is|are|was|were|would|could|should|have|has|had) (?:not|nt)", r"\1nt"),
        (r"(don|doesn|didn|isn|aren|wasn|won|can|couldn|wouldn|shouldn|haven|hasn) t", r"\1t"),
        ("can not|cannot", "cant"),
        ("will not", "wont"),
        ("i am|i m", "im"),
        ("ive|i ve", "i have"),
        ("i will|i ll", "ill"),
        ("i would|i d", "id"),
        ("it is", "its"),
        ("that is", "thats"),
        ("you are", "youre"),
        ("youve", "you have"),
        ("we are", "were"),
        ("weve", "we have"),
        ("he is", "hes"),
        ("she is", "shes"),
        ("this is not", "this isnt"),
        ("any more", "anymore"),
        ("a m", "am"),
        ("p m", "pm"),
        ("thanks you", "thanks"),
        ("por fa", "por favor"),
        ("un subscribe", "unsubscribe"),
        (r"st op|s top|sto p|s t op|st o p", "stop"),
        ("op out|opt o", "opt out"),
    )
)

MENDED = frozenset(
    """
    stop stopall texting texts text messages message messaging unsubscribe remove delete cancel contact
    contacting sending number leave alone wrong person another somebody someone interested thanks please help
    information appointment schedule scheduled reschedule booking booked confirm confirmed confirming available
    availability insurance medicaid medicare question monday tuesday wednesday thursday friday saturday sunday
    tomorrow morning mornings afternoon evening tonight january february august september october november
    december already doctor dentist clinic address chest breathe breathing breath bleeding emergency pregnant
    unconscious swallowed overdose overdosed suicide suicidal seizure stroke swelling swollen fever throat dizzy
    vomiting fainted slurred numb poison ambulance subscribe restart resume changed decided expensive website
    working different mensajes mensaje cita equivocado numero martes miercoles jueves viernes sabado domingo
    manana tarde clinica dejen manden gracias emergencia respirar sangrando cancelar agendar informacion ayuda
    llamen llameme pecho dolor desmayo embarazada
    """.split()  # noqa: SIM905
)
"""What a word that nobody knows may be mended to, when it is one slip of the finger away (two in a long word)."""

LOOK_ALIKES = frozenset(
    """
    shop sweating sweat interesse interesa interese interes equivoco equivocaron equivocada step steps stops
    stoop strop slop stow atop drop chop crop stoppage stopped test tests testing texas taste exts next exit
    warnings numbers never ever fewer lever sever fevers numbs nums dumb thumb comb changes change charged
    exchanged color calor dolar doler dolores door removed removes remover remote containing constant contact
    contacts contract contracts contacted connecting contrast along lone clone aloe leaves lease heave weave
    cleave deleted deletes creating treating reaching breaking breeding breast breasts breadth breach bread echo
    hecho techo hechos ocho pechos heap held kelp yelp helps helped hell persons personal parson pending ending
    landing lending spending standing bending seeding speeding reading difference differences differently
    addresses addressed city cite citas cito visita decide decides decoded declined delegate strike strikes
    strokes spoke looked cooked hooked looking cooking hooking blocking bookings calendar agenda agende agendo
    remember visiting waiting limiting omitting spelling selling smelling dwelling telling feeling stealing
    blessing sleeping pleading blinding breathed wording worrying walking parking forking think thinks shanks
    trade tardes tarda canceled cancelled cancels conform confirms confirmo confirma interest interests
    interesting unchanged resumes resumed presume questions subscribed subscribes schedules scheduler
    unavailable chess chests crest quest cheat cheap throats threat float toast painted tainted faintly
    excessive extensive inexpensive websites site informational formation overcome overdue treatment personally
    partes cartas puntos numeros numerous dejan deben deje manda manden mandan mando llaman llamo llamar gracia
    mandar banana montana mourning evenings doctors clinics clinical clinica clinicas dentists dentista anyone
    alone someone hours houses mixed poisson emergence emergent emergencies pregnancy swallow swallows martin
    mariana marina maria domino doming sending seating sitting setting getting testings contain meaning meanings
    mean leaving living levee believe sleeve rescheduled rescheduling
    """.split()  # noqa: SIM905
)
"""Words of their own that are one slip away from one of those, and so are left as they are."""

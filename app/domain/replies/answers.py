"""Yes, and the words that mean something by themselves: help, start. And what is only said: thanks, greetings."""

from app.domain.replies.reading import Intent
from app.domain.replies.rows import Row, alone, begins, politely, says, such_as

_YES = """
    very much( so)?, soy yo, yes its me, (im )?ready( (when|whenever) youre)?, whenever youre, yes, y, yep, yeah
    yup, yas, yessir, sure, sure thing, for sure, absolutely, definitely, certainly, of course, affirmative, aye
    correct, thats correct, thats right, yes i do, yes i would, yes i am, yes it is, i do, i would, i am
    yes we do, yes we are, sure why not, why not, you bet, u bet, bet, totally, 100, roger( that)?, copy( that)?
    10 4, ten four, okie dokie, oki doki, okey dokey, okie, oki, aight, alright, alrighty, all right, fine by me
    go ahead, go for it, lets do it, lets go, lets do this, im in, count me in, im down, im game, do it, please do
    yes please do, will do, can do
    (that |it |this |yes that |yep that |sure that )?(sounds|sound|looks) (good|great|nice|perfect|fine|lovely|
        awesome|wonderful|like a plan|amazing)( to me)?
    (that|this|it|yes that|yes it|sure that|yep that|that time|that day|which) (works|will work|is fine|is good|
        is great|is perfect|is ok|would be great|would be good|would be nice|would be perfect|would be lovely|
        would work|would be wonderful|would help|will be fine|ll work|d be great)( for (me|us))?
    works( for (me|us))?, thatd be (great|good|nice|perfect|lovely|awesome), perfect, gladly, by all means
    thumbsup, confirm(ed|ing)?, i confirm, yes confirm(ed)?, i accept, accept(ed)?, agreed, i agree
    yes to (that|both|all|the appointment), definitely yes, oh yes, hell yes, hell yeah, heck yes, heck yeah
    yes indeed, yes maam, yes sir
    (yes )?(im |i am |still |very |yes still |definitely |im still |were |we are |yes very |im very |
        super )*interested( in (this|it|that|the appointment|an appointment|booking|scheduling|coming in))?
    yes i am interested, interesad[oa], estoy interesad[oa], si, sip, simon, claro( que si)?, por supuesto
    desde luego, como no, esta bien, ta bien, de acuerdo, perfecto, dale, sale, vale, ok, okay, okey, k, kk
    okidoki, adelante, con gusto, encantad[oa]
    (si )?me (interesa|gustaria|encantaria|parece( bien)?|late)( mucho)?, (si )?(claro )?(yo )?si quiero, quiero
    si (lo |la )?(quiero|necesito|deseo|confirmo), (si )?confirmo( la cita)?, confirmad[oa], afirmativo, correcto
    exacto, asi es, soy yo, si soy( yo)?, si soy \\S+, simon que si
    (si )?(quiero|necesito|quisiera|deseo|me gustaria|ocupo|busco) (agendar|hacer|reservar|programar|sacar|tener|
        una|la|pedir|mi) ?(una |la |mi )?(cita|consulta|visita|hora)?, a huevo, jalo, le entro, sigo interesad[oa]
    todavia (me interesa|estoy interesad[oa]), si me sirve, me sirve, funciona, me queda bien, si puedo
    ahi estare
"""

_WANTS = """
    (i |we |id |i would |would |ill |i will |im |definitely |really |do |still |we would |wed |my \\S+ |she |he |
        just |also |please |yes |ok |and |sure )*(want|wants|need|needs|like|love|ready|looking|hoping|trying|
        interested|down|happy|wanting|glad|excited|wish|willing|plan|planning|going|gonna|eager|would) (to |in |
        for |forward to |it |that |very much |this |in having |an? )*(appointment|appointments|book|booking|
        schedule|scheduling|come in|come|be seen|see (a|the|someone|you|dr|doctor|your)|get (seen|in|checked|an|a|
        started|this|scheduled|my|it|one|on the|the|him|her|booked)|make (a|an|one|the|my)|set (one |it |this |up |
        something )*(up|an|a|it|one)?|visit|consult|consultation|proceed|move forward|do (it|this|that|so)|a (visit|
        consult|consultation|slot|spot|cleaning|checkup|check up|physical|new patient)|go ahead|sign up|have (an|a|
        one|it)|one|continue|start|checkup|cleaning|it|that|go|reserve|seen)
    (ill|i will|im going to|gonna|going to|let me|i can|we will|well|about to|im about to|i plan to|will|trying to|
        i|lemme|fixing to|finna) (just |go ahead and |try to |be sure to |definitely |certainly |do that and |
        use the link (and|to) |click (the|on the) \\S+ (and|to) |probably |sure |go online and |try and |now |
        also )*(book|schedule|click|use (the|your|that) (link|website|site)|sign up|do (it|that|so)|make (an|one|
        the|it|my)|fill (it|out|the)|set (it|one|something) up|pick a|choose a|check (it|the link|that) out|
        be there|see you|take it|take that|come in|stop by|come by|get it|complete|look at the (times|link)|reserve|
        go online|get on it|get to it|visit the)( ~4(later|soon|tonight|today|now|online|tomorrow|shortly|work|home|
        asap|then|link|moment|weekend))?
    (book|schedule|sign|put|set|pencil|get|count|add|fit|squeeze|register|enroll|reserve) (me|us|it|her|him|my \\S+|
        one|an|a|that|my) ?(in|up|down|please|an|for|a|now|appointment|appt|asap|on the|scheduled|booked|time|slot|
        spot|then)?( (please|asap|now|appointment|then|an|for|me|the|first|visit|in|soon))*
    (please|yes|ok|sure|yeah|lets|yep|can we|kindly|go ahead( and)?) (please |lets |go ahead and |just |to )*(book|
        schedule|sign|set|proceed|continue|move forward|reserve|make (me |an|the|it)|confirm|send (me |it |the |
        over |that )*(link|info|it|over|options|times|details|the)|do)
    (need|want|looking for|like) (a |an |the |to get a |my )*(new |first |dental |doctors? |dr |follow ?up |quick |
        routine )*(appointment|visit|cleaning|checkup|check up|consult|consultation|slot|exam|spot|physical|
        screening)
    appointment (please|needed|asap|request)
    (an |make |book |schedule |for |new patient |a |set |set up )*appointment$
    (this|that|it) is (she|he|her|him|me|ana|\\S+)$
    (yes|yep|yeah|hi|hey|hello) (this is|its|thats|it is|im) (me|her|him|she|he|ana|\\S+)$
    (thats|its|that is|it is|yes its|yea its) (me|ana|she|her)$
    speaking$
    ana (here|speaking)$
    (si |hola )*(ella habla|el habla|habla \\S+|soy \\S+|con ella|con el|le habla \\S+)$
    (yes|yep|yeah|yup|si|sure|ok|okay|absolutely|of course|definitely|claro) (please|i|im|that|it|this|thanks|thank|
        id|definitely|very|were|we|ill|let|lets|my|for|me|the|ok|sure|of|great|sounds|perfect|good|still|send|book|
        interested|want|need|quiero|gracias|por|me|claro|estoy|la|una|necesito|esta|confirmo|si|a|an|works|will|
        would|appointment|cita|just|go|maam|sir|can|cool|and|all|got|yes|no problem|bien|deseo|puede)
    (quiero|necesito|quisiera|me gustaria|deseo|ocupo|busco|voy a|vamos a|queremos|me encantaria|
        estoy list[oa] para|ya quiero|kiero|para|si para|puedo) (\\S+ )?(hacer|agendar|reservar|programar|sacar|
        pedir|tener|una|la|mi|cita|consulta|ir|una cita|ver a|que me vean|que me atiendan|agendo|registrarme|
        separar|apartar|confirmar)( la| una| mi| su)?( cita| consulta| visita)?
    (agend|program|reserv|anot|apunt)(enme|eme|ame)( por favor)?$
    (si|ok|claro|bueno|vale|dale|esta bien|perfecto) (me|quiero|gracias|por|claro|estoy|la|una|necesito|esta|
        confirmo|si|ahi|lo|yo|mande\\w*|envi\\w*|agend\\w*|cita|deseo|puede|acepto|ahorita|con|interesad[oa]|voy|
        soy)
    (ahora|ahorita|luego|al rato|mas tarde|manana|hoy|en un rato|en la noche) (la |lo |mismo |hago |entro |reservo |
        agendo |le |me |voy a )+(hago|agendo|reservo|cita|lleno|reservar|agendar|hacer|hacerla|confirmo|en el link|
        el link|al link|entrar|lleno)?
    (la|lo) (hago|agendo|reservo|lleno|hare|checo y agendo|agendare|reservare) (ahora|ahorita|luego|al rato|
        mas tarde|manana|hoy|en|por|desde|cuando|despues|esta)
    sounds (good|great|perfect|fine|like a plan|nice|wonderful|awesome|lovely)
    works (for|great|perfectly|fine|well)
    (ok|okay|sure|great|perfect|cool|awesome|good|excellent) (will do|thanks|thank|ill|i will|sounds|see you|see u|
        perfect|sure|great|that|lets|good|i can|got it|cool|no prob|no problem|np|then|im|ok|yes|yeah|i|please|send|
        book|it is|works|fine|done|done deal|understood)
    no (problem|prob|worries) (see|ill|i will|sounds|thanks|will|thank|that|works)
    see (you|u|ya|yall) (then|there|soon|at)$
    (i )?look(ing)? forward( to (it|seeing|meeting|my|the|hearing))?
    cant wait
    i (can|could) (make|do|come|be there|make it)( it| that| in| then| work)*$
    (still|very|definitely|im|really|am) interested
    interested( please| in| yes| thanks)?
    (please|yes) (and thank|thank)
    """

_NOT_YES = says(
    """
    no
    not
    nope
    but
    pero
    stop
    dont
    wont
    cant
    wrong
    if
    except
    \\?
    unless
    havent
    howe haver
    cancel
    didnt
    never
    doesnt
    isnt
    unfortunately
    aunque
    nunca
    tampoco
    wait
    though
    until
    already
    ya
    call
    another
    different
    other
    nah
    quit
    end
    remove
    hate
    worst
    how
    what
    when
    where
    why
    maybe
    later
    somewhere
    """
)

ANSWERS = (
    Row(
        intent=Intent.OTHER,
        certainty="unsure",
        name="thanks or a greeting",
        when=alone(
            """
            ((hi|hello|hey|hola|good morning|good evening|good afternoon|buenos dias|buenas tardes|buenas noches|
                buenas|buen dia|sup|yo|whats up|que tal|thanks|thank you|ty|gracias|muchas gracias|thanks a lot|
                thanks so much|much appreciated|appreciate it|appreciated|i appreciate it|mil gracias|
                muchisimas gracias|bless you|god bless( you)?|dios los bendiga|dios (la|lo|te) bendiga|bendiciones|
                you too|igualmente|have a (good|great|nice|blessed) (day|one|night|weekend|evening)|lol|haha|hahaha|
                jaja|jajaja|lmao|bye|goodbye|adios|take care|welcome|youre welcome|de nada|sorry|perdon|my bad|
                disculpe|oops|there|again|so much|very much|for the (info|information|reminder|update|text|message)|
                for (texting|letting me know|reaching out|your help|everything|asking|checking( in)?|following up)|
                por (la informacion|avisar|su ayuda|todo|escribir|contactarme|su mensaje)|nice|wow|hmm|hm|oh|ah|
                please|por favor|merry christmas|happy new year|happy holidays|happy thanksgiving|feliz navidad|ana|
                maam|sir|doctor|que tenga buen dia|buen dia|buena tarde|buenas noches|good night|goodnight|
                same to you|to you|you|yall|guys|everyone|team)( |$))+
            """
        ),
        examples=such_as(
            """
            Thank you so much
            hello
            Muchas gracias, bendiciones
            lol
            """
        ),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="sure",
        name="yes",
        when=politely(_YES),
        unless=says("(cool|great|nice|wonderful|lovely|excellent) thanks for"),
        examples=such_as(
            """
            YES
            yes!
            Yes, please
            Sí
            si por favor
            claro
            Y
            Yes 👍
            OK
            k
            👍
            👍🏽
            sounds good thanks
            absolutely!!
            yesss
            I'm interested
            that works for me
            sí me interesa
            """
        ),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="likely",
        name="approval",
        when=politely(
            """
            ok
            okay
            great
            awesome
            excellent
            wonderful
            lovely
            cool
            fine
            right
            nice
            sweet
            deal
            np
            no (problem|prob|worries)
            excelente, muy bien, bueno, listo, va, orale, ya, (si )?(digame|diga|mande), sin problema, chevere
            (ok |okay |sure |great |cool )*(no (problem|prob|worries) )?(see you|see u|cu) (then|there|soon|tomorrow)
            """
        ),
        examples=such_as(
            """
            great!
            no problem, see you there
            bueno
            """
        ),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="likely",
        name="wants the visit",
        when=says(_WANTS),
        aside=says("(thanks|thank you|sorry) (for|but)"),
        unless=_NOT_YES,
        examples=such_as(
            """
            yes I would like that
            I need an appointment for my son
            I'll book it tonight
            please schedule me
            this is Carla
            I would love to be seen soon
            al rato la agendo
            """
        ),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="unsure",
        name="begins with yes",
        when=begins("yes, yep, yeah, yup, sure, ok, okay, si, claro"),
        unless=_NOT_YES,
        at_most=9,
        examples=such_as(
            """
            yep knee again
            si doctora
            """
        ),
    ),
    Row(
        intent=Intent.HELP,
        certainty="sure",
        name="help word",
        when=politely(
            """
            (reply|text|say|send) with help
            (reply|text|send|say) (help|info)
            help
            info
            ayuda
            aide
            ajuda
            hilfe
            help help
            reply help
            text help
            informacion
            information
            mas (info|informacion)
            more (info|information)
            help info
            """
        ),
        unless=says("more, mas"),
        examples=such_as(
            """
            HELP
            info
            Ayuda!
            help please
            h e l p
            HELP!!!
            """
        ),
    ),
    Row(
        intent=Intent.HELP,
        certainty="likely",
        name="asks for help",
        when=politely(
            """
            help me
            (can|could|may) (i|you|someone|u) (please )?(get |have |some |send |give )*(me )?(some )?(help|info|
                information|ayuda)( me)?( \\?)?
            (i )?(need|want|could use) (some |a little |your |more )?(help|info|information|assistance)
            menu
            commands
            options
            (necesito|quiero|ocupo|me dan|dame|deme|denme) (ayuda|informacion|info)
            ayudenme
            ayudeme
            ayudame
            (me )?(pueden|puede|podrian) ayudar(me)?( \\?)?
            (send |mas |more |get |give me |please send )*(info|information|informacion)( \\?)?
            help \\?
            assistance
            support
            (how does|what is) this( work)? help
            sos help
            socorro
            auxilio
            mas info
            """
        ),
        examples=such_as(
            """
            I need help
            necesito ayuda por favor
            menu
            """
        ),
    ),
)

START = Row(
    intent=Intent.OPT_IN,
    certainty="sure",
    name="start word",
    when=politely(
        """
        start
        unstop
        un stop
        comenzar
        empezar
        iniciar
        inicio
        subscribe
        resubscribe
        re subscribe
        resume
        restart
        alta
        opt ?in
        reanudar
        activar
        subscribe me
        opt me (back )?in
        start start
        suscribir\\w*
        darme de alta
        continue texts
        """
    ),
    examples=such_as(
        """
        START
        unstop
        Comenzar
        subscribe
        opt me back in
        resume please
        """
    ),
)

BACK_IN = Row(
    intent=Intent.OPT_IN,
    certainty="likely",
    name="wants the texts again",
    when=says(
        """
        (re ?start|start|resume|continue|begin|unblock|reactivate|turn on|turn back on|restore|renew|re start|
            reinstate|keep) (sending |receiving |getting |up )?(me |us )?(ANY |my )*(TEXTS|texting|messaging|
            alertas)( me)?( again| back| please| on)?
        (opt|sign|put|add|get|subscribe|enroll|turn|opted|place|want|want to be|let) (me|us|my number|texts|
            this number|it|them|messages)? ?(be )?(back (in|on|up|onto|to (the |your |getting )?TEXTS)|up again|
            on again|on the (text |texting )?list|in again|again for)( \\S+)?( (texts|list|messages|again|please|
            alerts|updates|notifications|reminders))?
        re ?enroll, (want|need|like|miss) (the|your|my|those) TEXTS (again|back), (add|put|sign) me back( \\S+)?
        (changed my mind|mind) about (stopping|opting out|unsubscribing|the stop|leaving)
        (want|like|love|ready|ok|okay|need|wish|would) (to |you to |for you to )*(get|getting|receive|receiving|
            hear|start|resume|have) (\\S+ )?(\\S+ )?(TEXTS|from you|from yall|hearing)( \\S+)? ?(again|back|
            after all)
        (didnt|did not) mean to (\\S+ )?(stop|unsubscribe|opt ?out|text stop|send stop|say stop|type stop|hit stop|
            cancel the TEXTS|reply stop|block)
        (stop|unsubscribe\\w*|opted out) (was |\\S+ )?(by accident|by mistake|accidentally|a mistake|an accident|
            on accident)
        (accidentally|mistakenly) (\\S+ )?(opted out|unsubscribed|said stop|texted stop|sent stop|stopped|
            replied stop|hit stop|typed stop|unsubscribe|opt out|stop)
        opt (me |us )?in
        opt back in
        subscribe me
        (sign|add|put) me (up )?(for|to|on) (the |your )?(TEXTS|text list|list)( again| back)?
        (quiero|quisiera|deseo|me gustaria|pueden|puede|favor de|vuelvan?|empiecen|reanud\\w+|comiencen|
            sigan) (\\S+ )?(volver a |a |seguir |otra vez |empezar a |reanudar |de nuevo )*(recibir|recibiendo|
            mandarme|enviarme|escribirme|inscribirme|suscribirme|activar|reanudar|mandando|los|mandar|enviar|
            subscribirme)( \\S+)? ?(TEXTS)?( de nuevo| otra vez| nuevamente)?
        (denme|deme|darme|dar) de alta
        reactiv\\w+ (los |mis |mi )?(TEXTS|numero|suscripcion)
        suscribirme( de nuevo| otra vez)?
        """
    ),
    aside=says(
        """
        (dont|do not|never|not|no quiero|no) (\\S+ )?(want to |like to )?(start|resume|continue|keep|receive|get|
            sign|put|add|opt|seguir|volver a|recibir)( \\S+)?
        (keep|continue) (contacting|bothering|harassing|sending me|sending|texting me|texting|getting|messaging)
        sign me up again (and|for an)
        start (texting|sending|messaging) (someone|the)
        """
    ),
    unless=says(
        """
        never
        \\?
        stop texting
        stop sending
        appointment
        leave me alone
        quit
        how
        why
        after
        until
        another time
        tomorrow
        next
        opt out now
        yes (to|sign) (the )?appointment
        """
    ),
    examples=such_as(
        """
        please start texting me again
        opt me back in to texts please, wrong button
        I sent STOP by accident
        quiero volver a recibir mensajes
        """
    ),
)

LAST = Row(
    intent=Intent.CONFIRM,
    certainty="likely",
    name="yes as a clause",
    when=alone(
        """
        (ok |and |but |so |lol |hi |oh )*(yes|yes please|yes i do|yes id like that|yes i want|si|si quiero|si claro|
            si por favor|si me interesa|sure|sounds good|soy yo|yes thats me|thats me|this is she|this is he|
            this is her|im interested|still interested|me interesa)( please| thanks| gracias)*
        """
    ),
    by_clause=True,
    unless=says("but, pero, \\?, except, call, link, stop texting, wrong, not interested, cancel, reschedule"),
    examples=such_as(
        """
        can't wait for this to heal, yes please
        ay qué pena con ustedes, me interesa
        """
    ),
)
"""A yes beside words that no other row understood; asked last of all."""

"""A person has to act, or to answer: calls, changes and trouble with booking, questions, bookings made, times."""

from app.domain.replies.reading import Intent
from app.domain.replies.rows import Row, begins, either, says, such_as

_CALL = """
    (please|pls|just|can you|could you|you can|kindly|or|then|ok|yes) call (at|after|before|around|between|by|on|in|
        tomorrow|later|anytime|back|instead|when|DAY)
    (call|phone|ring|dial|buzz) (me|us|my (cell|phone|house|home|office|work|mom|wife|husband|daughter|son|other|
        number|landline)|him|her|this number|instead|back|mom|my FAMILY|\\d+)( back| instead| please| asap| anytime|
         later)?
    (give|gimme|giving) (me|us|my \\S+|him|her) (a |another |the )*(call|ring|buzz|shout|holler|callback)
    (callback|call back|calling back)( please| requested| request| later| number)?
    (please|just|kindly|can|could|would|will|want|prefer|rather|better|need|you|and|or|to|pls|instead|hey|hi|ok|yes|
        ya|then|someone) (\\S+ )?(call|phone)( please| instead| me| tomorrow| after| at| before| when| later|
         around| between| anytime| back| asap| today| now| in)?$
    ^call( please| (at|after|before|around|between|tomorrow|later|when|today|any ?time|in|on|tonight|monday|tuesday|
        wednesday|thursday|friday|asap|back|now|instead|my|the|or|first))
    SOMEONE (please |to |can |could |just |kindly |who can |there |in person |will |would )*(call|phone|ring|
        contact|reach out|speak|talk|help|assist|get back|explain|walk me)( to| with)?( me| us| my)?
    (can|could|would|will) (you|u|someone|somebody|anyone|a nurse|the doctor|they|yall|SOMEONE) (guys |all |please |
        just |kindly |possibly |maybe |have \\S+ )*(call|ring|phone|give (me|us))( me| us| back)?
    (want|wants|need|needs|prefer|like|request|requesting|expecting|waiting for|waiting on|get|rather have|schedule|
        do|have|wanted|prefers|arrange|set up|would love|hop on|jump on) (\\S+ )?(a |to get a |you to |someone to |
        to |your |an? actual |to have |the )*(phone )?(call|callback|conversation|phone consultation|phone consult)
    (by|over the|on the|via|through|thru) (phone|telephone|a call|call)
    (phone call|calls?|call|phone) (is|are|would be|works|will be) (better|best|preferred|easier|fine|
        good)( for me)?
    (missed|miss) (your|a|ur|the|my|yall|you guys|you|\\S+) calls?
    missed call
    try (me |calling )?(again|later|my cell|back)
    (speak|talk|speaking|talking|chat|spoke|discuss|connect) (to|with|directly (to|with)|w) (me |us )?(about )?(a |
        an |the |your |my |one of |some )*(SOMEONE|person|human|real|live|actual|somebody|doctor|dr|nurse|rep|
        representative|agent|you|scheduling|manager|billing|front|receptionist|staff|operator|provider|
        \\S+ instead)( instead| please)?
    (real|live|actual|speak to|human|to a) (person|human|being|agent|operator|rep)( please)?$
    (agent|representative|operator|human|receptionist|front desk)( please| now)*$
    (can|may|could) (i|we) (please )?(speak|talk)
    (need|want|like|prefer) (to )?(a )?(person|human|live|talk|speak|discuss (this|it))
    (tried|been trying|trying|keep|called|i called|calling) ~3(call|calling|calls|to call|call you|the office|
        calling you|to reach|reach|get through|twice|several|times|no answer|no one|nobody)( ~6(answer|answers|
        picks?|answered|pick|voicemail|hold|ring))?
    llam(e|a|en|ame|eme|enme|arme|eme|amen|enos|arnos|ada por favor|elo|ar a mi)( (por favor|al|a mi|manana|despues|
        hoy|mas|ahora|cuando|el|a|en|por|antes|mejor|para|me|luego))?
    (marqu|marc)(eme|ame|enme|enos|arme|en|e)( por favor)?
    (me|nos) (puede[ns]?|podria[ns]?|pueden|pudieran?|van a|va a|pudiera) (\\S+ )?(llamar|marcar|
        hablar( por telefono)?|contactar( por telefono)?|comunicar\\w*)
    (puede[ns]?|podria[ns]?|pudieran?|alguien|favor de|quiero|prefiero|necesito|quisiera|me gustaria|espero|mejor|
        mejor por|que|pido) (\\S+ )?(que |alguien |ser |una |hacerme una |su |recibir una |la |me |mi |
        por )*(llam\\w+|llamada|marqu\\w+|hablen por telefono|llamarme|hablar (con|por|directamente)|
        comunicarme con|me hablen|telefono)
    (hablar|comunicarme|platicar|conversar) (con|por telefono)( \\S+)?
    (persona real|ser humano|una persona|un humano|operadora?|recepcionista)( por favor)?$
    por telefono
    llamada perdida
    hablenme
    hableme
    hablame( por favor| al)?
    dar(me)? una llamada
    echen(me)? una llamada
    una llamadita
    """

_TROUBLE = """
    SITE (you sent |you texted |in the text |to book |for booking |still |just |is |was |keeps |keep |says |seems |
        gives |gave |has |does |did |wont |that |kept |me |an |a |are |be |it |to be |appears |on my (phone|end) |
        went |gets |got |comes up |came up |shows |takes |only |never |always |again |now |really |about |it says |
        totally )*(broke|broken|down|dead|error|errors|crash\\w*|freez\\w*|frozen|froze|blank|stuck|expired|invalid|
        glitch\\w*|slow|spinning|spins|loading|404|timed out|times out|bad|confusing|wrong page|buggy|acting up|
        not found|nothing|locked|wonky|not right|useless|impossible|unavailable|kicks|kicked|kicking|booting|
        messed up|not clickable|white|empty|nowhere|no (times|slots|openings|availability|appointments)|says (error|
        no|invalid|expired|page|full))
    (session|link|page|token) (has |is |was )?(expired|timed out|invalid)
    (says|saying|said|gives|gave|keep getting|keeps giving|getting|got|shows|showing) (me )?(an |a |it |the |that |
        this )*(error|errors|expired|invalid|unavailable|not found|404|session|no (times|slots|appointments|
        availability)|full|page)( \\S+)?
    keeps (crashing|freezing|kicking|logging|loading|spinning|timing|saying|giving|glitching|asking|telling|sending|
        going|failing|reloading)( \\S+)?
    SITE ~4(wont|doesnt|didnt|isnt|not|dont|cant|wasnt|does nothing|never|no longer|aint|stopped|failed|fails|
        refuses|wouldnt|not even) (even |to |let me |be |been |really |me |seem to |want to |accept |go |do |show |
        taking |take |allowing |allow |properly |give )*(work\\w*|open\\w*|load\\w*|let\\w*|go\\w*|click\\w*|
        respond\\w*|submit\\w*|show\\w*|accept\\w*|come\\w*|pull\\w*|function\\w*|take\\w*|pop\\w*|allow\\w*|
        anything|anywhere|through|book|available|recogni\\w*|find|save|a thing|valid|good|cooperat\\w*|connect\\w*|
        display\\w*|send|me|play\\w*)
    (cant|cannot|couldnt|unable to|not able to|wasnt able to|trouble|troubles|problems?|issues?|having a hard time|
        hard time|wont let me|didnt let me|doesnt let me|not letting me|difficulty|difficulties|dont know how to|
        dont understand how to|dont see how to|not sure how to|struggling|confused (on|about)|
        cant figure out( how)?|dont know how|tried to|trying to|tried|wouldnt let me|keeps telling me i cant|
        its not letting me|couldn|having) (to |with |how |figure out |figure |seem to |getting |get |the |your |
        this |that |it |even |be able to |where |on |out |my |trouble |using |do |logging |accessing |use |into |
        opening |loading )*(open|opening|load|loading|book|booking|schedule|scheduling|click|clicking|access|log|
        login|log in|sign in|sign up|find (a|the|any|your)|use|using|get (on|in|into|it to|the|to the|through|past)|
        submit|select|pick|complete|finish|fill|register|navigate|make (a|an|the|my)|see the|SITE)( ~4(but|so|error|
        not|wont|help|fail\\w*|please|cant|it|nothing|and|didnt|kept|keeps|SITE))?
    (send|resend|text|need|get|have|give|email|share|re send|post|lost|deleted|forgot|where is|wheres|never got|
        didnt get|havent gotten|didnt receive|dont have|dont see|cant find|want|no|missing|looking for|provide|
        forward|still waiting on|could i get|mande\\w*|envi\\w*|reenvi\\w*|perdi|no (recibi|encuentro|me llego|veo)|
        necesito|mand\\w+|pas\\w+) (me |us |out |you |de nuevo |the |a |it |that |your |another |new |otra vez |el |
        la |un |una |me el |any |booking |working |scheduling |appointment |different |over |otro |nuevo |my |
        confirmation )*(link|url|liga|enlace|link again|website again|confirmation (email|code|text))( again|
         please| again please| de nuevo| otra vez)?
    (dont|do not|no|not|cant|never|cannot|im not|isnt|hate|not very|not too|bad|terrible|suck|without|
        not much of a) (really |have |do |use |own |good |great |very |too |at |with |any |a |an |the |working |
        access to |much of |comfortable |know how to use |know how |trust |like |understand |doing |savvy |
        like doing |clicking |click |on |open |got |using |into |click on )*(online|internet|computers?|smartphone|
        smart phone|tech|technology|techy|tech savvy|web|wifi|data plan|links?|websites?|apps|credit card online|
        flip phone|the online thing|online stuff|online booking|online forms)( ~5(can|could|book|help|please|person|
        do it|schedule|for me|instead|call))?
    ^(?!.*(how|what|when))(.{0,60} )?(book|schedule|make|set|sign|put|do|handle|arrange|reserve|fill) (it|one|me|us|
        an appointment|that|this|an appt|the appointment|everything|something|her|him|the booking|a time|the form|
        up|in|my appointment|a visit|my mom|my FAMILY) (up |out |online |in |an appointment |down |
        appointment )*(for|in for) (me|us|my \\S+|her|him)
    (can|could|would|will) (you|u|someone|somebody|anyone|yall|SOMEONE) (guys |all |please |just |maybe |
        possibly )*(book|schedule|make|set up|set|get me|put me|sign me|fit me|squeeze|pencil|do it|arrange|handle|
        reserve|fix|change|move|switch|cancel|push|update|correct|adjust|swap|reset|take care)
    (help|assist|assistance) (me |us |my \\S+ |with |in |to |please |out |on )*(book|booking|schedule|scheduling|
        make|making|set|setting|find|finding|get|getting|with|sign|signing|fill|filling|figure|reschedul\\w*|
        cancel\\w*|choose|pick|navigate|login|log|the|my|an|this)( ~3(appointment|SITE|time|form|booking|one|
        visit))?
    (need|want|could use|looking for|get|having|require) (some |a little |a bit of |your |more )?(help|
        assistance)(?= (book|schedul|with|mak|set|sign|find|on|to|in|for|get|fill|figur|\\S+ing))
    (enlace|link|liga|pagina|sitio|portal|formulario|sistema|aplicacion|app|web) ~4(no|error|caid[oa]|roto|falla|
        expir\\w+|venci\\w+|mal|blanco|trabad[oa]) ?(me |se |esta |le |deja |quiere )*(funcion\\w*|abr\\w*|sirv\\w*|
        carg\\w*|deja\\w*|entr\\w*|jal\\w*|sale|trabaja\\w*|permit\\w*|acept\\w*|responde|avanza|entra|disponible)?
    no (me |se |le |he |lo |la |los |ya )*(funcion\\w*|abr\\w+|sirv\\w+|carg\\w+|deja|dejo|permit\\w*|acept\\w+|
        jala|puedo|pude|podido|logro|logre|se como|entiendo como|encuentro|encuentro como|consigo) ?(el |la |a |mi |
        una |hacer |en |con |como |entrar |bien |para |poder )*(link|liga|enlace|pagina|sitio|portal|formulario|app|
        abrir\\w*|entrar|agendar\\w*|reservar\\w*|hacer|hacerla|sacar|programar|cargar|usar|accesar|acceder|cita|
        registrar\\w*|escoger|seleccionar|llenar)
    (ayud\\w+) (para|con|a|por favor a|en) ~2(agendar|hacer|sacar|cita|programar|reservar|link|enlace|pagina|la|mi|
        el|llenar|reprogramar|cancelar|cambiar)
    (me|nos) (pueden?|podrian?|puede|ayudan?|podria|pudieran?|hace|haria|hacen) (\\S+ )?(ayudar\\w*|agendar\\w*|
        hacer|sacar|programar|reservar|apartar|poner|anotar|ayudan|dar|conseguir|asistir|mover|cambiar|cancelar|
        reprogramar|el favor)( (la|una|mi|por|a|con|cita|para|en|de)|$)
    (agend|program|reserv|anot|apunt|ayud|hag|sac)(enme|eme|ame|enmela|emela|enlo|elo|enla|ela|anme|amela|anmela|
        enmelo)( (la|una|mi|por|a|cita|para|con))?
    """

_CHANGE = """
    re ?sched\\w*
    re ?book\\w*
    reagend\\w*
    reprogram\\w*
    (cancel\\w*|change|changing|move|moving|switch|push|postpone|modify|update|redo|fix|bump|swap|end|give up|
        release|free up|give away|delay|shift|transfer|undo|correct|drop|adjust|edit) (it |out |up |back |around |
        of |WHOSE |my |the |both |all |our |for |that |this |upcoming |next |todays |tomorrows |\\d+ |pm |am |
        new patient )*(\\S+ )?(\\S+ )?(VISIT|times?|slot|spot|day|date|it to|doctor|provider|location|one|mine)( to|
         for| from| on)?
    (cancel\\w*|cancelar) (on |for |this |my |the |our |it |el |la |mi |lo |todays |tomorrows |mondays |next )*(DAY|
        morning|afternoon|MONTH|\\d+(am|pm|th|st|nd|rd)?|it|because|due|please my|mine|ours|hers|his|last minute|
        and (rebook|reschedule|move|book)|or (move|reschedule|change)|without|de manana|de hoy|del \\S+)
    (need|have|had|going|got|want|wants|like|id like|trying|gonna|must|ill have|wish|wanted|would like|might have|
        please|may have|looking|able|possible|will have) (to )(cancel|reschedule|move it|change it|postpone|push it|
        change|switch|push|move|back out)
    (cant|wont|cannot|not able to|unable to|not going to|wont be able to|not gonna|might not|couldnt|may not|wont|
        not going to be able to|dont think i can|never going to|have to miss|gonna miss|going to miss|
        cannot) (be able to |able to |going to be able to |possibly |physically |actually |even )*(make|come|
        be there|attend|get there|keep|miss|come in|make it|go) ?(it |in |to |my |the |our |that |this |today |for |
        on |until |now |at )*(anymore|VISIT|DAY|time|morning|afternoon|today|tonight|after all|something came up|
        sick|car|work|emergency|\\d+|one|then|can we|can i|so|need|there|because|meeting)?
    something (came|has come|popped) up
    (different|another|other|new|later|earlier|better|sooner) (time|day|date|slot|spot|appointment|doctor|
        location)s?( (please|instead|available|than|if|for|open|or|would)|$)
    (time|day|date|slot) (doesnt|wont|does not|didnt|isnt|is not|no longer|not) (work\\w*|good|
        fit)( for me)?( anymore)?$
    (wrong|incorrect) (time|day|date|slot|doctor|location|appointment|person booked|service)
    (clicked|picked|chose|selected|booked|scheduled|made|hit|put) ~3(wrong|mistake|accident|accidentally|twice|
        by mistake|double)( time| day| date| slot)?
    (double|twice) booked
    (take|remove|get) (me|us|my name|him|her) (off|from|out of|off of)( of)? (the |your |that |this )?(wait|waiting|
        cancellation|standby) ?(list)?
    (dont|no longer) (need|want) (to be on )?(the |my |your |a )?(waiting list|waitlist|wait list|spot on|slot)
    (cambiar|mover|cancelar|posponer|aplazar|recorrer|modificar|adelantar|atrasar|cambie[ns]?|cancele[ns]?|cancelen|
        mueva[ns]?|cambiarme|cambiarla|cancelarla|moverla|anular|cancelo|cambio) (de |mi |la |el |una |su |esta |
        nuestra |a |lo |por favor |nuestra |para )*(cita|consulta|visita|hora|horario|fecha|dia|turno|reserva\\w*|
        reunion|manana|hoy|lunes|martes|miercoles|jueves|viernes|sabado|doctora?|otro|otra)
    (otro|otra|diferente|distint[oa]) (dia|hora|horario|fecha|cita|doctora?)( por favor|$)
    no (voy a |podre |puedo |pude |alcanzo a |podremos |vamos a |creo |llego |creo que pueda |pueda |
        podria )+(poder |a )?(ir|llegar|asistir|presentarme|estar|acudir|a la cita|a mi cita|venir)
    (tengo que|necesito|quiero|quisiera|debo|puedo|podria|deseo|hay que|me gustaria) (\\S+ )?(cancelar|reagendar|
        cambiarla|cambiar|moverla|reprogramar|posponer)(la|lo)?
    me salio (algo|un)
    """

_ASK_TIME = """
    can (i|we|you|u|he|she|my \\S+)
    could (i|we|you|u|he|she)
    may i
    how about
    what about
    hows
    how is
    is (there )?(\\S+ )?(\\S+ )?(ok|okay|available|possible|good|free|open|alright|fine|doable|too late|too early|
        still|any|anything|an opening|openings?|space|room|spot|slot)
    do (you|u|ya|yall|they|you guys) (guys |all |still |happen to |by chance |possibly )*(have|got|hav)( anything|
         any| an| a| something| openings?| availability| time| space| room| appointments?| slots?| spots?| evening|
         morning| afternoon| saturday| weekend| late| early| same)
    (any|anything|something|got|openings?|availability|slots?|spots?|appointments?|available|free|possible|open (on|
        for|at))
    would ~2(work|be ok|be possible|be good|be fine|be available)
    does ~4work
    will ~3work
    (ok|okay|possible|alright|cool|fine) (if|for|to)
    maybe
    perhaps
    around
    (are you|are there|r u|you) (any|free|available)
    puedo (ir|pasar|llegar|hacer|agendar|venir|tener|el|a)
    (se|me|nos) (puede|pueden|podria|dan|daria|podrian|queda|sirve)
    tienen (algo|cita|citas|espacio|disponib\\w+|lugar|hora|horas|para|el|en|campo|un|una|turno|libre|otra|otro)
    (hay|habra|habria|tendran|tendra|tiene) (algo|cita|citas|espacio|disponib\\w+|lugar|hora|para|el|un|una|campo|
        espacios)
    que tal
    podria (ser|ir|pasar|el|para|venir|tener)
    pueden (el|para|a|en|verme|atenderme)
    sera posible
    es posible
    seria posible
    (esta|estaria) (bien|disponible)
    """

_QUESTION_START = """
    hows?
    whats?
    whens? (does|do|is|are|can|will|was|would|should|did|you|u|the|my)
    wheres?
    whos?(?! (knows|cares))
    whose
    why
    which
    whats
    wat
    wut
    whom
    (can|could|do|does|is|are|will|would|should|did|may|am|shall) (i|you|u|yall|ya|it|the|they|he|she|we|there|this|
        that|my|your|these|those|a|an|any|anyone|someone|somebody|kids|people|dr|doctor|insurance|medicaid|medicare|
        parking|everyone|children|both|her|his|our|not|what|walk|patients|one|new|dr|aetna|being|having|getting|all|
        \\S+ (covered|included|available|required|needed|accepted|open|free))
    (was|were|has|have|had) (i|you|u|they|he|she|we|there|anyone)
    (que|cual|cuales|cuant[oa]s?|donde|como|quien|quienes|por que|a que|de que|en que|con que|hasta que|para que|
        desde que|cuando|adonde|a como|con quien|a donde|de donde)(?! (tenga|knows|cares|bueno|bien|lastima|pase|
            dios|amable|
        sea|mal|tengan|rico|pena|asco|puedan|pueda|pena|tarde|horror|barbaridad))
    (tienen|aceptan|hay|puedo|pueden|podrian|atienden|hacen|abren|reciben|toman|dan|ofrecen|cubre|cubren|venden|
        hablan|trabajan|manejan|cobran|necesito (llevar|cita|referencia|seguro|estar|ir|traer)|es (necesario|gratis|
        seguro que|doloroso|caro|posible|usted|un|una|la|el|verdad)|son|esta[ns]? (abiert|ubicad|cerrad|disponible|
        en|aceptando)\\w*|debo|tengo que (llevar|pagar|ir|traer|estar|llegar)|se (puede|necesita|requiere|aceptan|
        habla|paga)|me (puede[ns]?|podria[ns]?) (decir|dar|explicar|informar|enviar|mandar|confirmar|recetar|
        ayudar)|la (cita|consulta|visita) (es|cuesta|incluye|tiene|dura)|el (doctor|precio|costo|seguro) (es|
        atiende|incluye|habla|esta))
    """

_ASKS = either(_QUESTION_START)

QUESTION_WORDS = """
    (quick|another|one|a|got a|have a|had a|my|last|have some|few|some|couple|general|i have|more|any|with a|
        other) questions?
    question (about|for|is|regarding|on)
    questions (about|for|regarding|first|before|on)
    (just )?(was |im |am |been |i )?(wondering|curious|wanted to know|want to know|need to know|like to know|
        wanna know|love to know|trying to find out|trying to figure out|interested to know|interested in knowing|
        wanted to ask|want to ask|need to ask|like to ask|trying to see|need to find out|want to make sure|
        need to verify|want to verify|need to confirm|wanted to check|asking|have to ask|wanted to see) (if|whether|
        how|what|when|where|who|why|which|about|the|your|you|is|do|does|are|that|you guys)
    (tell|explain|clarify|let me know|advise|confirm|give me|send|need|want|like|looking for|get|have|provide|
        interested in|understand) (to |me |us |a |some |any |the |please |your |more |know |on |out |get |like |
        find )*(about|details|info on|info about|information (about|on|regarding)|more info|more information|
        the (cost|price|address|hours|location|details)|prices?|pricing|price list|estimate|quote|how|what (the|is|
        are|it|your|insurances?|time|to|i)|where|if (you|it|this|they|there|my|its)|which|why|directions|address|
        your (hours|address|prices|rates))
    (yes|ok|yeah|sure|and|but|so|also|first|great|good|yep|perfect|thanks|hi|hello|well|works|fine|si|y|pero|bueno|
        before that|before i \\S+|cool|wait|um|hmm|tho|oh|though|done|tuesday|monday|wednesday|thursday|friday|
        tomorrow|morning|interested|please|ana) (and |but |so |also |first |then |pero |y |just |again |whats |hi |
        ok |quick question |question )*(how (much|long|many|do|does|is|are|early|late|far|soon|old|can|will|often)|
        what (is|are|do|does|kind|should|will|time do|insurance|if|about|to|can|would|happens|s|the|else|type|do)|
        where (are|is|do|exactly|can|at|will)|who (is|will|are|do|am|would)|why (do|is|are|would|did)|when (do|does|
        is|are|will|can|would)|which|do (you|u|i|ya|they|yall|we)|does (it|the|this|my|that|insurance|your|he|she|
        \\S+)|is (it|the|there|this|that|parking|my|a|your|dr|he|she|\\S+ (covered|included|free))|are (you|there|u|
        the|they|your|yall|kids)|can (i (bring|pay|use|eat|get|park|ask|still|do|have|take|drive|wear)|you (tell|
        send|see|confirm|accept|take|explain)|my (husband|wife|son|daughter|mom|kid|kids|partner))|will (it|i|they|
        my|the|this|there|you|insurance)|should i|would (i|it|my|the|you) ~1(need|have|be|cost|take|cover)|did (you|
        i|my)|has (my|the)|cuanto|cuesta|cuanta|donde|aceptan|que (debo|tengo|necesito|documentos|costo|precio|
        incluye|hay|seguros|llevo|es|dia|hora|medicos)|a que|como (es|llego|hago|pago|se|funciona)|
        tienen (estacionamiento|parking|doctora)|hay (estacionamiento|parking|que)|cual|quien|es (gratis|necesario|
        caro)|se necesita|necesito (llevar|seguro|referencia))
    ^(anyone|anybody|any (parking|discount|idea|side|update|updates|news|chance|specials|deals|discounts|payment|
        female|restrictions|cost|word|payment plans?)|how much|how long|u (take|accept|guys|have|open|do|offer|see|
        got)|you (take|accept|guys (take|accept|open|do|have|see|offer)|do|offer|open|in network)|r (u|you)|accept|
        take (my|medicaid|medicare|cash|insurance|walk)|open (on|this|today|tomorrow|sat|sun|late|now)|hours|
        address|location|directions|price|prices|pricing|cost|costs|precio|precios|costo|horario|horarios|direccion|
        ubicacion|parking|insurance|seguro|informes|informacion (de|del|sobre|acerca)|info (about|on|sobre|de)|
        still (open|available|taking|accepting)|cuanto|que precio)
    (quiero|quisiera|me gustaria|necesito|deseo|queria|puede|pueden|podria|podrian|nomas|solo|antes) (\\S+ )?(saber|
        preguntar|informacion|consultar (si|cuanto|el)|conocer|informes|hacer una pregunta|mas informacion|
        los precios|averiguar|hacerle una pregunta|hacerles una pregunta|darme informacion|decirme|explicarme|
        una cotizacion|el precio)( \\S+)?
    (tengo|una|otra|hago) (una |otra |unas |algunas |varias )?(pregunta|preguntas|duda|dudas|preguntita|
        consulta rapida)
    (mas|pedir|dar|dar mas|recibir) (info|informacion|informes|detalles)( (de|del|sobre|acerca|por|para))?
    me (dice|dices|dicen|pasa|pasan|mandan|manda|envia|envian|das|dan|regala|comparte) (la |el |los |su |sus |mas |
        una )*(direccion|ubicacion|precio|precios|informacion|costo|horario|horarios|informes|cotizacion|si|cuanto|
        donde|que|a que)
    (how much (is|does|do|would|will|for|it|are|to|u|you|yall|i|if|per|s|with|without)|how long (is|does|will|do|
        are|would|until|to|it)|how (do|does) (i|it|you|this|that|the)|where (are you|is (it|the|your|this)|do i|r u|
        you at)|what (is the (cost|price|address|wait|charge)|are (your|the) (hours|prices|rates|fees|costs|
        options))|do you (take|accept|offer|do|treat|see|guys|have (parking|a female|payment|spanish|any female|
        a payment|someone who|wheelchair|financing))|do u (take|accept|do)|does (it|this) (hurt|cost|include|
        require|take)|is (it|this|that) (free|covered|safe|painful|legit|real|a scam|normal|necessary|confidential|
        expensive|included|true|contagious|permanent|virtual|in person|ok to|okay to|required)|are you (in network|
        open|accepting|taking|located|covered|a real|a bot|real|human|the same|still|legit|near|a robot|licensed)|
        is there (parking|a fee|a cost|a charge|anything i|a waiting|a discount|a payment|a cancellation|a copay)|
        cuanto (cuesta|cuestan|cobran|sale|es|vale|dura|tiempo|seria|tarda|me|hay|costaria|por|saldria)|
        donde (estan|esta|queda|es|quedan|se|puedo)|aceptan (seguro|mi|medicaid|tarjeta|medicare|el|pacientes|
        efectivo|pagos|obamacare)|que (debo|tengo que|necesito|hay que|documentos|seguros|costo|precio) (llevar|
        traer|hacer|tiene|aceptan|presentar|son)?)
    """

SCHEDULING = (
    Row(
        intent=Intent.OTHER,
        certainty="unsure",
        name="records and refills",
        when=says(
            """
            refills?
            (copy of |my |medical |send |transfer |release |fax |request |get |need )+(medical |dental |vaccine |
                immunization |shot |health )?records( to| from| sent)?
            (test|lab|blood|biopsy|mri|xray|x ray) results
            prescription (to|sent|refilled|renewed|called in|ready|for my|was)
            (send|call in|renew|sent) ~3(prescription|rx|script)
            (doctors|work|school|sick) (note|excuse)
            surtido de
            receta (de|para|medica)
            copia de mi (expediente|historial)
            mis resultados
            expediente medico
            mi bill
            (my|the|a|this) (bill|invoice|statement) (is|was|has|for|from|doesnt|says)?
            """
        ),
        unless=says(
            """
            how (much|do|long|can)
            do you
            when (will|are|is)
            where
            call me
            appointment
            cuanto
            what is
            is my
            are my
            """
        ),
        examples=such_as(
            """
            I need a refill on my inhaler please
            please fax my medical records to my new school
            """
        ),
    ),
    Row(
        intent=Intent.CALLBACK,
        certainty="likely",
        name="wants a call",
        when=says(_CALL),
        aside=says(
            """
            (dont|do not|never|no need to|please dont|stop|no|didnt|not|quit|cant|rather not|doesnt|wont|no me|
                couldnt|why did you|did you|did someone|did u|who|nunca|no (quiero|hace falta)( que)?) (me |you |
                ever |have to |need to |even |try to |want a |want any |a |to |just |want |please |have |did |is |
                be )*(phone )?(call(s|ed|ing)?|phone|llam\\w+|talk|speak|take (a )?calls?)( me| back| us| to you|
                 you| this| anymore)?( right now| at the moment)?
            (ill|i will|i can|let me|im going to|gonna|going to|i would|i|should i|do i|can i|could i|may i|
                i plan to|we will|well|ill try to|i could|i might|who do i|what number do i|number to|number i can|
                where do i|when can i|yo (los|les)?) (just |also |try to |please |have to |need to |probably |
                \\S+ly )?(call|ring|phone|llamo|llamare|calling)( you| back| the office| later| tomorrow| in| your|
                 them| u| yall| over| to| when| monday)?
            (les|los|te|le) (llamo|llamare|marco|marcare|hablo)
            voy a llamar
            call(ed|s|ing)? (it|off|out|in sick|me (crazy|old|a|an|\\S+ed|ana|maria|by)|the police|911|an ambulance|
                him out|my insurance|insurance)
            (so|its|was|is|his|her|they|be|being) called
            call (ended|dropped|was|is scheduled|scheduled|got)
            (am i|is this|are you|is it|are u|im i) (\\S+ )?(talking|speaking|a|an|to|texting|chatting|some kind of|
                actually) ?(to |with |a |an |real |live |actual |or )*(person|human|bot|robot|computer|machine|
                someone|people)?
            texting with a (real )?(person|human|bot)
            (was|is) that you
            (my )?call is
            close call
            on call
            roll call
            conference call
            on a call
            in a call
            you called
            you guys called
            (just )?got (your|a|ur) call
            (que|como) se llama
            (me|se) llam(o|a|an)
            llamad[oa] (maria|ana)
            (hard|difficult|able|good|bad|easy|time|trying|like|nice|great|busy|cant|unable|in a|
                not) (time )?to (talk|speak)( right now| at the moment| now| about it)?
            talk to (my|you (later|soon|then|tomorrow)|him|her about|ya)
            (talk|speak) (later|soon)
            ttyl
            """
        ),
        unless=says(
            """
            wrong number
            do you (take|accept|have)
            how much
            already called
            missed the call because
            (my|the) call is (scheduled|set|booked)
            """
        ),
        examples=such_as(
            """
            call me tomorrow at 10
            Can someone call me?
            Llámeme por favor
            can I talk to a person
            no, can someone ring me instead
            I'd prefer a phone call
            saw I missed your call
            me pueden marcar despues de las 5
            """
        ),
    ),
    Row(
        intent=Intent.CALLBACK,
        certainty="likely",
        name="trouble with the booking",
        when=says(_TROUBLE),
        unless=says(
            """
            (my|this|the) (phone|screen) (is |was )?(broken|dead|cracked)
            (can|could|would) (you|u) (help|tell|explain|please tell|see|treat|make|do|get|set) ~2(if|whether|how|
                what|me understand|with (my|the) (pain|acne|back|weight))
            (can|could) (you|u|yall) (schedule|book|fit|squeeze|get|put|set|do|make|pencil|reserve) (me |us |it |
                my \\S+ |him |her |one |something |an appointment |that |a visit |an |appointment |in |up |down |
                for |visit |a |on |time )*(DATE|CLOCK)
            (me|nos) (puede[ns]?|podria[ns]?) (agendar|dar|poner|apartar|anotar|programar|hacer) ~3(DATE|CLOCK|
                para el)
            does it
            how much
            """
        ),
        examples=such_as(
            """
            the link doesn't work
            page keeps loading forever
            I can't figure out how to book online
            could you make the appointment for me
            please send me the link again
            la página no me deja agendar
            ayúdenme a hacer la cita
            I don't have internet at home
            """
        ),
    ),
    Row(
        intent=Intent.CALLBACK,
        certainty="likely",
        name="wants a change",
        when=says(_CHANGE),
        aside=says(
            """
            (cant|dont|do not|wont|not|never|no need to|didnt|please dont|dont want to|not going to|no quiero|
                no) (have to |need to |mean to |want to )?(cancel|reschedule|change|cancelar|cambiar)( it| my \\S+|
                 the \\S+| la cita)?
            (cancellation|reschedul\\w*|cancel) (policy|fee|fees|charge|window)
            (if|in case) (i|we|someone) (have to |need to |ever |want to )?(cancel|reschedule)( it)?
            (any|get a|have a|no) cancellations?
            (change|changed|changing) (my|our|your) (address|name|insurance|phone|number|mind|email|diet|medication|
                dressing|bandage|oil)
            (move|moved|moving) (to|from|out|away|next)
            (different|another|other|new|better) (doctor|location)s? (near|in|available)
            (cancel|cancelled|canceled|cancelling) (my|our|the|his|her|a) (flight|gym|trip|plans|order|netflix|
                membership|insurance|vacation|card|meeting|class|party|dinner|credit card)
            (meeting|class|flight|school|game|event|practice|trip|party|work) (is|was|got|has been) cance\\w+
            (they|he|she|you|clinic|office|doctor|yall|u|dr) (already |just )?(cancel\\w*|resched\\w*)
            no (puedo|pude|voy a poder|podre|pueda) (ir|llegar|asistir) ~1(en|por|los|las|temprano|antes|despues|el|
                por la|manana)
            (cant|wont|cannot|not able to) (make|do|come) (it )?(in |to |on )?(the )?(mornings|afternoons|evenings|
                mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekends|weekdays|before|until|till|
                after|early|during|earlier|that early)
            """
        ),
        unless=says(
            """
            how much
            cuanto (cobran|cuesta|es|sale|hay que)
            is there a (fee|charge|penalty)
            do you charge
            se cobra
            how (much|do) ~4(fee|cost|charge)
            doesnt work (for me )?(how about|but|what about|can we do|maybe|is|any)
            (not|no) (necessary|thanks|need)
            """
        ),
        examples=such_as(
            """
            I need to cancel my appointment Friday
            quiero cambiar mi cita
            can't make it tomorrow
            cancel Monday please
            have to reschedule, my son is ill
            take me off the waiting list
            oops I picked the wrong slot
            no voy a poder llegar a la cita
            """
        ),
    ),
    Row(
        intent=Intent.QUESTION,
        certainty="likely",
        name="asks about something",
        when=says(QUESTION_WORDS),
        unless=says(
            """
            how much (longer|i appreciate|i love|it hurts)
            no questions?
            (what|which) (day|time|dia|hora)s? (works|is best) for you$
            """
        ),
        examples=such_as(
            """
            yes but how much is it
            Tuesday works, do you take Cigna?
            just wondering if my son can come along
            I have a question about the bill
            quiero saber el precio
            ok and where is your office
            prices
            """
        ),
    ),
    Row(
        intent=Intent.QUESTION,
        certainty="likely",
        name="begins with a question word",
        when=begins(
            f"""
            (yes |ok |so |and |um |hmm |also |but |si |sure |yeah |y |pero |well |great |actually |thanks )*(?:{_ASKS})
            """
        ),
        unless=says(
            f"""
            will do
            do it
            why not
            ^(can|could|may) (i|you|u|someone) (please )?(get |have |send |give )?(me )?(some )?(help|info|
                information)( me)?( please)?( \\?)?$
            how about, what about, que tenga
            (?:{either(_ASK_TIME)}) ?~6(DATE|CLOCK)
            ^(can|could|may|would|is|do|does|will|are|puedo|tienen|hay|pueden|podria|se|me|what about|how about|
                que tal) ~9(DATE|CLOCK)
            """
        ),
        examples=such_as(
            """
            Should I stop my medication?
            do i need to fast
            quién es el doctor
            """
        ),
    ),
    Row(
        intent=Intent.QUESTION,
        certainty="likely",
        name="asks about a topic on a day",
        when=says(
            """
            (open|hours|abren|abierto|abiertos|atienden|horarios?|abre|cierran|close|closed|walk ins?) ~6(DAY|
                weekends?|DATE|late|today|CLOCK|\\?)
            (how late|how early|what time|what times|que horario|a que hora|what days|which days|que dias|when|
                que hora|cuando|what day|what hours|which times|que horas) ~3(do|does|are|is|can|will|would|should|
                did|abren|tienen|atienden|cierran|hay|puedo|es|was|times|you|hours|the|my|esta|trabajan|days)
            (are|is|r) (you|u|yall|they|it|dr \\S+|the \\S+) ~1(fully|all)? ?booked
            (is|will|does|are) (the |a |your |my )*(doctor|dr|dentist|\\S+ doctor|nurse|office|clinic|
                dr \\S+) ~6(DATE|CLOCK)
            (DATE|CLOCK) ~9(do you (take|accept|offer|treat)|how (much|long)|is (there|it (covered|free))|what (do|
                should|insurance|is the)|where|cost|insurance|parking|bring|copay|cuanto|seguro|aceptan|donde|
                precio|cuesta|llevar|estacionamiento|address)
            (insurance|cost|costs|price|copay|covered|medicaid|medicare|parking|bring|address|accept|precio|seguro|
                cuesta|charge|referral|fasting|fast) ~9\\?
            """
        ),
        unless=says(
            """
            how about
            what about
            reschedule
            (anything|openings?|something) ~3(open|available) ~2DATE
            do you have (anything|something)
            """
        ),
        examples=such_as(
            """
            the doctor is in on fridays right? I need that insurance form too?
            """
        ),
    ),
    Row(
        intent=Intent.ALREADY_BOOKED,
        certainty="likely",
        name="reports a booking",
        when=says(
            """
            (already|just|did|finally|went ahead and|have|i have|i|we|she|he|my \\S+|has|had|got|actually|am|im|all|
                was|were|its|thanks|been|online|been able to|able to|managed to|is|and|my wife|husband|receptionist|
                your \\S+|office|lady|girl|nurse|they|someone|somebody|staff|front desk) (already |just |actually |
                finally |went ahead and |been |now |all |go ahead and |got me |got us |got |was |even |
                went online and |able to |managed to |recently |have |has |had |did |successfully )*(book|booked|
                scheduled|reserved|signed up|set up|confirmed|set one up|set it up|registered|penciled in|
                got booked|on the (schedule|calendar|books)|put me down|put me in|got me in|set me up|made (my|an|
                the|one|it|a)|picked a (time|slot|date|day)|picked (\\d+|monday|tuesday|wednesday|thursday|friday|
                a)|chose a|selected a|grabbed a|grabbed the|got a (time|slot|spot)|secured)( it| online| one| an| a|
                 my| appointment| that| already| for| on| with| thru| through| via| me| us| thanks| in| last|
                 yesterday| this| today| visit| time| slot)?
            (did|used|clicked|went (on|to|through|thru)|through|thru|on|via|with) (the |your |that )*(link|site|
                website|online|page|portal) ~2(and|already|thing|monday|tuesday|wednesday|thursday|friday|all|done|
                its) ~3(picked|chose|booked|scheduled|done|set|got|all|made|did|already|at|grabbed|selected|good)
            came in (DATE|last|yesterday|on|this morning|earlier|already)( \\S+)?
            (i|we) saw (dr|doctor|the doctor|the dentist) ~1(already|yesterday|last|today|this|on)?
            (booked|scheduled|reserved) (it|already|online|yesterday|last night|this morning|through|thru|via|
                on your|using|w|with you|for (DATE|DAY|the|\\d|next|CLOCK|MONTH|me|us|him|her|my)|on (DAY|MONTH|the|
                your|\\d)|an appointment|one|a|myself|DAY|MONTH|today|tomorrow|last week|w you|and ready|with your|
                with (dr|the)|my|our)
            (booked|scheduled|its booked|done already|already done|all done|done and done|its done|did it|i did it|
                did that|did already|already did|did it already|booked thanks|got it done|its all done|just did|
                i just did|just did it|yes i did|took care of it|ya quedo|ya esta|ya estuvo|ya lo hice|ya la hice|
                ya hice|hecho|listo ya|done with that|booking done|booking complete|booking confirmed|
                appointment confirmed|appointment booked|appointment made|appointment scheduled|appointment set|
                all booked|all scheduled|all signed up)( it| thanks| already| yesterday| online| today| last night|
                 this morning| gracias| thank you| ya| por (el|la) \\S+)*$
            (already|have|has|got|i have|i have got|i have|we have|theres|there is|she has|he has|do have|had|
                currently have|still have) (an |a |my |our |already |got |have |already have |made |the |one |set |
                up |upcoming )*(appointment|visit|booking|consult|consultation|reservation|one|something|
                time)( already| booked| scheduled| set| set up| with you| with yall| with dr| on| for| at| tomorrow|
                 today| next| this| coming| there| made| DAY| MONTH| in the books| on the books| confirmed|
                 lined up| on file| coming up| with your| here)+
            (my|our|the|his|her|its|moms) (appointment|visit|consult|consultation|booking|call|exam|cleaning|
                first appointment|first visit|surgery|app|procedure) (is |was |has been |got |is already |
                was already |already )+(already |for |on |at |scheduled |booked |set |confirmed |all |made |
                in )*(DATE|DAY|MONTH|\\d+|tomorrow|today|next|set|booked|scheduled|confirmed|made|all set|yesterday|
                this|CLOCK)
            (all set|im set|good to go|were set|see you|see u|see yall|im good|set) (up )?(for|on|at) (my |our |
                the |this |next )*(DAY|DATE|CLOCK|MONTH|appointment|visit|\\d+)
            (was|were|been|got|just|already|he was|she was|we were|im) (\\S+ )?(seen|there (yesterday|today|this|
                last|on)|in (yesterday|last week|this morning|earlier|today|already)|in to see|treated)( (yesterday|
                today|last|this|already|by|earlier|monday|tuesday|at|on|there|in|thanks|for))?
            (saw|visited|met with|been to see|met) (the |your |my |dr |doctor |him |her |you |yall |with |guys |
                already )*(doctor|dr|dentist|him|her|you|yall|nurse|guys|hygienist|provider|specialist|
                \\S+)? ?(already|yesterday|today|last|this (morning|afternoon)|earlier|on (DAY)|monday|tuesday|
                wednesday|thursday|friday)( thanks)?
            (had|did|finished|completed|attended|came in for|went to|went in for|got) (my|the|our|his|her|it|
                a) (first |annual |dental |\\S+ )?(appointment|visit|consult|consultation|cleaning|exam|checkup|
                procedure|surgery|session|physical|teeth|screening|mri|xray|mammogram|follow up|shots?|test|done|
                eye exam|tooth)( pulled| cleaned| done| checked| already| yesterday| today| last| this| earlier|
                 with| there)?
            (already|just|i) (went|came|been there|been|came in|was in|was there|visited|got in|been in|gone)( in|
                 to| there| already| yesterday| today| last| this| thanks| earlier| by| for)?$
            (someone|somebody|she|he|they|receptionist|your \\S+|lady|nurse|staff|office) (already |just |has |
                have )*(called|booked|scheduled|helped|set|got|put|made) (me|us|my|it|an|her|him|one)( up| in| down|
                 already| for| on| appointment| booked| scheduled)?
            ya (yo )?(la |lo |le |me |nos |tengo |tenia |hice |tenemos |esta |quedo |hicimos |mi |hemos |he |
                tienen |una |queda |quedamos |quede )+(una |mi |la |el |hecha |cita |hice |cita para |mi cita |
                hecho )*(cita|citas|agend\\w+|reserv\\w+|hecha|hice|lista|listo|programad\\w+|program\\w+|saque|
                apart\\w+|turno|hora|atendi\\w*|atendieron|vieron|vio|confirm\\w+|registr\\w+|hicieron|dieron|
                consulta|anot\\w+|apunt\\w+|sacamos|asegurada|separad\\w+)
            ya (agende|reserve|saque|programe|hice|fui|aparte|confirme|agendamos|reservamos|hicimos|pedi|
                estoy agendad[oa]|me agende|me atendieron|me dieron|tengo|tenemos|me hicieron|me registre|quede|
                me vieron|estuve|la tengo|separe|llame e hice|esta (agendad[oa]|hech[oa]|reservad[oa]|list[oa]|
                confirmad[oa]))( (la|mi|una|cita|el|con|ayer|en|por|hora|para|nuestra|de|consulta|para)|$)
            (ya|hoy|ayer) (me|nos|le|les) (la )?(hizo|hicieron|agendo|agendaron|saco|sacaron|reservo|dieron|dio|
                programaron|programo|ayudaron)( la| una| mi| cita| el| a)?
            acabo de (agendar|reservar|hacer|sacar|programar|confirmar|apartar|pedir|salir de mi)( \\S+)?
            (tengo|tenemos) (ya )?(mi |una |la )?(cita|consulta) (para |con ustedes|el |programada|agendada|manana|
                hoy|a las|ya|de|confirmada|este|la|en|lista)( \\S+)?
            (mi|la|nuestra) (cita|consulta) (ya )?(es|esta|quedo|fue|ya es|seria) (para |el |ya |la |a |agendad[oa]|
                confirmad[oa]|manana|hoy|program\\w+|hecha|list[oa]|este|en|ayer|reservad\\w+)+( \\S+)?
            (fui|estuve) (ayer|hoy|la semana|ahi|alli|con (ustedes|la doctora|el doctor)|a (mi|la) (cita|
                consulta))( \\S+)?
            (me|nos) (atendieron|vieron|dieron (la |una |mi )?cita|agendaron|hicieron la cita|vio (el|la) (doctora?|
                dentista))( (ayer|ya|hoy|la|el|para|con|muy))?
            (agende|reserve|saque|programe|hice|aparte|agendamos) (ya |la |mi |una |cita )*(cita|en linea|
                por (internet|telefono|la|el|su)|ayer|hoy|con|para|online|turno)( \\S+)?
            """
        ),
        unless=says(
            """
            elsewhere
            somewhere else
            someone else
            another
            other
            different
            otra
            otro
            otra parte
            \\?
            cancel
            reschedule
            change
            cant make it
            how
            call me
            will book
            ill book
            dont have
            havent
            didnt
            hasnt
            not yet
            never
            to schedule
            to book
            wont
            fully booked
            booked up
            booked solid
            what
            where
            when is
            no tengo
            todavia no
            aun no
            wrong
            cambiar
            cancelar
            mover
            if i
            need to
            want to
            regular (doctor|dentist)
            my own
            primary
            pcp
            not booked
            nothing
            urgent care
            (link|page|site|website|enlace) (is |was )?(doesnt|isnt|wont|not|no|broken|error|never|keeps|didnt)
            late
            records
            results
            move
            push
            a mistake
            i made (a|an) (mistake|effort)
            running
            doesnt work
            refill
            instead
            across town
            closer
            (be|get|getting|being) seen
            seen (this|asap|soon|by)
            want to
            form
            doesnt
            not working
            como
            """
        ),
        examples=such_as(
            """
            I already booked
            Ya tengo cita
            just scheduled online thanks
            all booked for Thursday
            I have an appointment on the 9th already
            was seen last Monday, thank you
            acabo de agendar
            your front desk put me down for friday
            had my visit yesterday
            """
        ),
    ),
    Row(
        intent=Intent.TIME_PREFERENCE,
        certainty="likely",
        name="wishes a time",
        when=says(
            """
            DATE
            CLOCK
            (off|free|available|open|libre|disponible) (on|at|after|all|in|every|most|between|from|the|any|los|el|
                por|despues|toda|todos|a partir|desde|until|till|next)
            (i )?(finish|work|get off|get out|am off|im off|get home|get done|off work|salgo|trabajo|termino|entro|
                start work|shift ends|clock out|can get there|done with work|babysit|teach) (work |class |school |
                del trabajo |de trabajar |till |until |from |at |around |by |a |the |hasta |de |nights|days|
                weekdays|weekends|every|early|late|mornings|afternoons|m f|monday|tuesday|wednesday|thursday|friday|
                saturday|sunday|temprano|tarde|las |la )+(\\d+|HOUR|DAY|school|PART|shifts?|all day|early|late)?
            (the |option |slot |choice |opcion |la |el |number |choose |pick |ill take |take |prefer |
                number )+(first|second|third|last|earlier|later|1st|2nd|3rd|latter|former|primera|segunda|tercera|
                primero|segundo|ultima|one|two|1|2|3|a|b|c|earliest|latest)( one| option| slot| time| works| please|
                 opcion| for me)*$
            option [abc123]
            opcion [abc123]
            (el|la|lo) (primer|primera|segundo|segunda|tercer|tercera|ultimo|ultima|primero) (horario|turno|espacio|
                opcion|fecha|hora|cita|que|dia)?( \\S+)?
            same (day|time) (as|next|appointment|day)?
            as soon as possible$
            (soonest|earliest|first) (you|one|appointment|available|possible|opening|time|slot)( have| got| can|
                 please| available)?
            (not|except|but not|anything but|any day but|any time but|no) (on )?(DAY|before \\d+|after \\d+|PART)
            weekdays?
            weekends?
            (early|late|later|temprano|tarde|tardecito|tempranito)( (in the|morning|afternoon|evening|is|works|
                please|por favor|mejor|would|appointment|en)|$)
            (flexible|wide open|open schedule|anytime|any time|whenever|wherever you have|any day|cualquier (dia|
                hora|momento)|cuando sea|a la hora que|cuando puedan|cuando (usted|ustedes) \\S+|whatever you have|
                whatever is available|whats available works|lo que tengan)( works| is| is fine| you| for me| esta|
                 me| fine| tengan| this| next)*
            in (a|two|three|\\d|a couple|a few) (weeks|days|week)( or so| from now| from| would| works| please| is|
                $)
            (dentro de|en) (una|dos|tres|\\d|unas|unos) (semanas?|dias)( por|$)
            (\\d\\d?/\\d\\d?)
            mornings?
            afternoons?
            evenings?
            nights?
            tomorrow
            """
        ),
        aside=says(
            """
            (running|be|im|gonna be|\\d+|a bit|minutes|min|going to be|sorry) (\\S+ )?(\\S+ )?late
            (good|buenos?|buenas|great|nice|lovely|happy|wonderful|feliz|lindo|bonito|excelente|lindo|
                blessed) (rest of your |day and |tu |su )?(morning|afternoon|evening|night|day|weekend|tardes|
                noches|dias?|tarde|noche|fin de semana|monday|friday|tuesday|wednesday|thursday|sunday|saturday|
                thanksgiving|christmas)
            (last|yesterday|past|the other|this past) (night|week|month|monday|tuesday|wednesday|thursday|friday|
                saturday|sunday|weekend|time)
            yesterday
            since (\\S+ )?(DAY|yesterday|morning|last)
            all (day|night|week) (long)?
            day after day
            day (1|one)
            (these|those|one|some|every|each) days?
            in the day
            (meeting|party|wedding|birthday|funeral|game|flight|test|exam|class|practice|trip|vacation|court|
                school) ~1(is |on |at )?(today|tomorrow|tonight|DAY|this week|next week)?
            later (today )?(alligator|gator)?$
            sooner or later
            early (stage|bird|onset|menopause)
            (worse|hurts?|hurting|pain|cough|itch|itching|sleep|cramps|headaches?) (\\S+ )?(at|in the|during the|
                every|when|all|worse at|by) (night|morning|mornings|evenings?|day|afternoon|nights)
            night ?(mare|sweats|shift|time|guard|mares)
            midnight
            tired
            until further
            first of all
            at first
            late (fee|fees|period)
            """
        ),
        unless=says(
            """
            (not|wont be|im not|wont|cant be) (home|in town|there|here|around|in) (today|tomorrow|until|right now|
                this|on|tonight|till)
            (work|working|at work|busy|sick|ill|in bed|traffic|snow|raining|stuck|asleep|tired|off sick|
                out of the office|ooo|on vacation|out of office) (today|tonight|right now|tomorrow)$
            (ill|i will|im going to|gonna|i can|let me|plan to|we will|i|voy a|la|going to) (\\S+ )?(book|schedule|
                do it|make it|do that|get to it|check|reserve|agendar\\w*|reservar\\w*|hago|agendo|hacer|hacerla|
                hare|complete it|fill it out|take care of it|finish) (it |one |online |an appointment |that |this |
                the |la |cita |on |in |my |through |via |por |desde |with |from |up )*(later|tonight|today|tomorrow|
                this (evening|afternoon|morning|week|weekend)|soon|when i get|after (work|i)|DAY|luego|mas tarde|
                manana|hoy|al rato|en la noche|in a bit|in a few|asap|shortly|first thing|when)
            (use|using) the (link|site|website|page) (tonight|later|today|tomorrow|now)
            thanks for ~3today
            hate
            happy (birthday|friday|monday|new year)
            me duele
            """
        ),
        examples=such_as(
            """
            Tuesday morning works
            el jueves por la tarde
            any friday after 3
            mornings are best
            3pm
            10:30 am please
            a las 4
            Can I stop by at 3?
            anything open on the 14th?
            I work until 5 so after that
            the second option please
            first available
            not Mondays
            puedo pasar mañana?
            """
        ),
    ),
    Row(
        intent=Intent.QUESTION,
        certainty="unsure",
        name="question mark",
        when=says("\\w+ \\?, \\? \\w+"),
        unless=says("^(hello|hi|hey|hola|ok|lol) \\?, (call|text) (you|u) (back )?later"),
        examples=such_as(
            """
            yes?
            huh?
            really?
            """
        ),
    ),
)

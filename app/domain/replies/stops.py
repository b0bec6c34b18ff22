"""Wanting the texts to end: the words of the law and the carriers, and whatever a reasonable person would read so.

47 CFR 64.1200(a)(10): stop
quit
end
revoke
opt out
cancel and unsubscribe end texts by themselves
and so does any wording a
reasonable person would understand. A row is `sure` where nothing else can be meant; where a stop stands beside other
things, is asked for as a question or refuses only the channel, texts wait and a person looks.
"""

from app.domain.replies.reading import Intent
from app.domain.replies.rows import Row, alone, either, politely, says, such_as

_WORDS = """
    stop
    stops
    stop all
    stopall
    stop it
    stop this
    stop that
    stop now
    stop already
    just stop
    stopsign
    stop stopsign
    (stop){2,}
    stop it now
    stop everything
    stop stop
    stop end
    stop2end
    stop2quit
    stop2stop
    stop 2 (end|quit)
    full stop
    stop immediately
    unsubscribe
    unsubscribe (me|all|now|this number|from all)
    cancel
    cancel all
    end
    end all
    quit
    quit it
    revoke
    opt ?out
    opt{1,3} ?out{1,3}
    op out
    opt (me|us) out
    optout all
    opt out of all
    halt
    cease
    desist
    cease and desist
    discontinue
    remove
    remove me
    remove number
    (i )?revoke (my )?consent
    no more
    no texts?
    dont text
    arret
    arrete
    arretez
    stopp
    alto
    baja
    dar de baja
    parar
    pare
    paren
    parale
    parenle
    para ya
    detener
    detengan?se?
    detenga
    cancelar
    salir
    sair
    basta
    ya basta
    no mas
    nomas mensajes
    sispann
    itigil
    dung
    huy
    desuscribir\\w*
    desinscribir\\w*
    terminar
    停止
    退订
    取消
    退訂
    取消订阅
    수신거부
    중지
    그만
    정지
    стоп
    отписаться
    отпишите
    хватит
    توقف
    إيقاف
    ايقاف
    الغاء
    الغاء الاشتراك
    dung lai
    hủy
    tigil
    停
    d ?n ?c, do not contact, dont contact, enough, thats enough, suficiente, unsub, take me off, let me out
    """

_PHRASES = """
    (stop|quit|cease|discontinue|halt|end|cancel|terminate|cut out|kill|knock off|knock it off with|stop it with|
        enough with|done with|turn off|turn these|shut off|switch off|disable|discontinuing|discontinued|
        no longer send|get rid of|lay off|cut it with|put an end to|deactivate|pause) (sending )?(me |us |with |
        him |her )?(ANY )*TEXTS( off)?
    (turn|shut|switch) (ANY )*(TEXTS|them|it) off
    (stop|quit|cease|stop with|done) (TEXTING)( ME)*
    (stop|quit) (doing this|doing that|this nonsense|this crap|this shit|these|bothering|it already|the (bs|crap|
        shit|nonsense|harassment))
    (need|want|like|ask|asking|asked|told|tell|make|have|please|request|demand|would) (you |yall |this |it |these |
        them |that |the TEXTS )*(to )?(stop|end|quit|cease)(( now| please| immediately| already| today| asap|
             right now)+|$)
    (dont|do not|never|not to|stop trying to|quit trying to|dont ever|dont you ever|please dont|no need to|need not|
        nobody should|must not|may not|you shouldnt|shouldnt) (ever |even |you |dare |bother to |try to |keep |
        be )*(TEXT|texting|messaging|contacting|call|calling)( ME)* (again|anymore|ever|ever again|please)?$
    (dont|do not|never|not to|dont ever|dont you ever|please dont|must not|may not|you shouldnt|no longer|
        dont you) (ever |even |you |dare |bother to |try to |be )*(TEXT|texting|messaging|contacting|
        phone) (ME)( ME)*
    (dont|do not|never|dont ever) (ever )?(call|phone|ring) (me|us|here|this number|my phone|this phone) (again|
        anymore|ever|no more)
    (dont|didnt|do not|no longer|never|not|wont|dont care for|dont think i|rather not|prefer not to|cant|doesnt|
        did not|wish not to|hate|tired of|sick of|fed up with|done) (really |even |care for |at all care for |
        care to |wish to |need to |want to |like to |like |want |need |wish |be |interested in |asked for |ask for |
        agree to |consent to |authorize |approve |ok with |okay with |keep |appreciate |enjoy )*(to |for )?(get|
        getting|receive|receiving|recieve|recieving|be getting|having|have|see|seeing|
        keep getting)? ?(ANY )*(more )?(of )?(ANY )*TEXTS
    (dont|didnt|no longer|never|not|rather not|prefer not|wish not) (want|wish|like|care|agree|consent|to|give|
        need)? ?(to )?(be |being )?(contacted|texted|messaged|bothered|disturbed|solicited|hear from you|
        hear from yall|hear from (this|your)|get texted|hearing from)
    (dont|didnt|do not|no longer|never|not) (want|need) (ANY )*(contact|more of (this|these)|(messages|texts) from)
    (no|zero) (mas|more|further|additional|unsolicited|spam|quiero mas) (ANY )*TEXTS
    no (ANY )*TEXTS( anymore| please)?$
    no more (of )?(this|these|from you|contact|please|texting|messaging|spam)
    not (sign|signed) up for (ANY )*TEXTS
    (mute|ban|exclude|unenroll|unregister|uncheck|disenroll|deregister|unlist|unsign|opt|block) (me|us|my number|
        this number) ~2(LIST|TEXTS|here|out|from)?
    (take|get|pull|drop|cut|leave|strike|scratch|keep) (me|us|him|her|this number|my (cell |phone )?number|
        this phone|my (name|info|contact|information)|us all|my \\S+s number|# ?|number) (off|out|outta|of)( of|
         from)? ?(this|that|your|ur|the|all|any|yall|yalls)? ?(ANY )*(LIST|TEXTS)?
    (remove|erase|delete|purge|scrub|drop|clear|remov\\w+|removed|deleting|removal of|deleted|wipe|get rid of|
        dispose of|eliminate) (me|us|my (cell |phone |mobile |contact |personal )?(number|info|information|data|
        name|details|record|records|account|file|profile|phone|contact|cell|stuff|digits)|this (cell |
        phone )?(number|contact|phone|line)|the number|number|all (my |of my )?(data|info|information)|him|her|
        everything (you have )?(on|about) me)
    (me|number|phone|i|name|info|data|information) (be |to be |should be |needs to be |is )?(removed|taken off|
        deleted|erased|purged|unsubscribed|taken out|opted out)
    (lose|forget|delete|loose|block|drop|toss|trash|burn) (my|this|the|our) (phone )?(number|digits|contact|cell|#)
    unsubscribe\\w*
    unsubscribing
    opting out
    (want|wish|like|need|going|asked|choose|chose|request|trying|tried|how (do|can) i|let me|to|please|i|
        ill) (to )?opt ?out
    opt (me|us|this|my) ~2out
    opt out (of|from|please|now)
    (do not|dont) (contact|call|text|disturb) (list|registry)
    dnc list
    discontinue
    take off (the|your) list
    (revoke|withdraw|rescind|cancel|revoking|withdrawing|take back|pull|retract) (\\S+ )?(any |my |all |prior |
        the )*(consent|permission|authorization|opt in)
    (dont|didnt|never|no|not|without|do not|did not|doesnt|havent) (ever |you |have |give |given |gave |any |
        longer |provide |provided |my |our |their |express |prior |written |you have |yall have |grant )*(consent|
        permission|authorization|authorize|authorized|consented|permiso)( to| for)?
    cease and desist
    cease all (contact|communication|TEXTS)
    cease (contact|communications?|TEXTS|from)
    end (all |any )?(contact|communications?|this conversation|thread)
    (not|never|dont|no longer) (to )?(get|receive|be sent|send|see|want) (another|any more of|a single|one more|
        anymore of) (one|text|message|of these|these|them|this)?
    (text|message|contact) me (again|one more time|once more) ~1(and|ill|im|i will|you)
    (i|ive|have) (\\S+ )?(said|told you|told yall|asked|asked you) (\\S+ )?(to )?(stop|quit|cease)
    you can stop( now)?
    rather you (didnt|not) (text|message|contact)( me)?
    thats enough (ANY )*TEXTS
    no need to (text|message|contact|keep (texting|messaging|contacting))( me)?( again| anymore| further)?
    never ~2(hear from|hearing from|contact from) (you|yall|u|this|your) ~3again
    go (bother|bug|harass|annoy|text) (someone|somebody) else
    (prefer|rather|like|want|ask|request) (you )?(to )?not (to )?(get|receive|be sent|be getting|
        be receiving) (ANY )*(TEXTS|messages|texts)
    i (dont|do not|never|cant) (text|do text|do texts)(?! (and|while) driv)
    leave (me|us|my (family|mom|wife|husband|mother)|him|her) (the (hell|fuck|heck) )?alone
    let me be
    quit it
    cut it out
    knock it off
    give it a rest
    buzz off
    go away
    get lost
    (fuck|piss|bugger|eff|f|sod|back|screw) (right )?off
    (fuck|screw|f|eff|damn) (you|yall|this|ya)
    go to hell
    shut (the (fuck|hell) )?up
    stfu
    gtfo
    kiss my ass
    bite me
    eat (shit|a dick)
    suck my \\S+
    get out of my (phone|inbox|life|messages|face)
    stay (away|out of my (phone|inbox))( from me)?
    get off my (phone|back|line)
    dont ever come near
    not (bother|text|contact) (me|us) (again|anymore)
    dont bother me
    stop being (annoying|a pest)
    quit being annoying
    take a hike
    kick rocks
    pound sand
    no solicit\\w+
    dont solicit
    enough already
    enough of (this|these|the)
    (im|am|i) (block|blocked|blocking|reporting|report) (you|this number|this|your number|u|yall)( as spam)?
    blocked and reported
    (blocking|reporting) (you|this number|your number)
    drop dead
    beat it
    scram
    do not reply
    i hate (these|this|your)
    (have|make) ~3(TEXTS|this|it|them|these) (stop|end|go away)
    make it stop
    (how|way) ~4(stop|end|cancel|unsubscribe|opt out|turn off|turn these off|get off|get out of|quit|disable|block|
        get rid of|remove|removed|get taken off|delete|off|get these to stop) (getting |receiving |this |these |
        the |your |from |all |being |my |sending |me )*(TEXTS|texting|list|LIST|number|messages|contacted|off|
        coming|this|these|it|from me|service)?$
    how (do|can|to) (i |you |we )?(stop|end|cancel|turn off|get off|quit|disable|block|remove|get rid of|
        make) (getting |receiving |these |this |the |your |all |my |from )*(TEXTS|LIST|number|it stop|this stop|
        these stop|this|these|contacted|you)
    (what|how|where|que) ~5(press|text|reply|do|click|send|type|say|call|go|hago|mando|escribo) ~5(to )?(stop|
        not (get|receive|be)|quit|end|get off|get out of|no longer (get|receive)|make it stop|unsubscribe|opt out|
        ya no recibir|dejar de recibir|no recibir) ~3(these|this|it|them|TEXTS|LIST|contacted|anymore|getting|you|
        list)?
    what (do|should|must) i (need to )?(text|reply|say|send|type|do) ~2(to )?(stop|end|make (this|it|these|
        you) stop|opt out|unsubscribe|get off|be removed|get removed|cancel these)
    (where|can) ~2(unsubscribe|opt out)
    is there (a|any) way to (stop|unsubscribe|opt out|turn|end|not get)
    (email|e mail|mail|call|phone|llam\\w+) (or (email|call|mail) )?(me )?(only|instead of (text\\w*|TEXTS))$
    (instead of|rather than|not (by|via|through|over)|over|and not|never by|never|not a) (a )?(text\\w*|TEXTS|sms)
    (dont|do not|never|cant) (do|use|read|like|want|get|check|accept|take|believe in|receive|respond to|
        answer) (ANY )*(TEXTS|text|texting|this way)
    not (a )?text(s|ing)?( person| please| me)?
    (only|just) (by |use |via |through |do |take |accept |want |answer |respond to |call or |email or )*(email|mail|
        phone calls?|voice calls?|calls?|letters?)( please| from now on| only)?$
    (by )?(email|phone|mail|calls?) only
    email me instead
    (prefer|rather) (email|e mail|an email|mail|emails|to be emailed|you email|if you email)( me| over TEXTS|
         instead)?
    (move|switch) (me |this |us )?to (email|mail)
    no text(s|ing)?
    no sms
    take texting off
    mejor (por )?(correo|email|llamada|correo electronico) (y |que )?(no|en vez de)? ?(mensajes?|texto|textos)?
    (por )?(correo|email|llamada|telefono) (y )?no (por )?(mensajes?|textos?)
    (no|ya no|nunca|jamas|que no|ni) (me |nos |le |lo |la |se |te )+(vuelvan? a |sigan? |vayan? a )*(mand\\w+|
        envi\\w+|escrib\\w+|contact\\w+|text\\w+|molest\\w+|busqu?\\w+|hostig\\w+|moles\\w+|notifi\\w+|fastidi\\w+|
        acos\\w+|esten?)( mas| nada| TEXTS)*
    no (me |nos |se |le )*(vuelvan?|sigan?|vuelvas|sigas) (a |con )?(mand\\w+|envi\\w+|escrib\\w+|contact\\w+|
        text\\w+|molest\\w+|escribiendo)( mas| nada| TEXTS)*
    no (me |nos )?(llamen?|llames|marquen?) (mas|nunca mas|nunca)
    (no|ya no|nunca|tampoco) (quiero|deseo|kiero|quisiera|necesito|acepto|autorizo|autorice|pedi|me interesa|
        queremos|quieren|solicite) (seguir |volver a |que )*(recib\\w+ |me |tener |mas |que me |nada de |sus |los |
        estos |ningun |de |tus |su )*(TEXTS|manden|mande|envien|escriban|contacten|contacto|molesten|texteen|
        recibir|recibiendo|publicidad|propaganda|nada de ustedes|notificaciones)
    no (mas|manden?|envien?|mande) ~2TEXTS
    no mande[ns]?
    no escriban?
    no moleste[ns]?
    no molestar
    (dejen?|deje|deja|dejenme|dejeme|dejame|dejar|paren?|para|pare|parenle|parar|basta|dejes|cesen|cese|alto) (ya |
        por favor |de una vez |con |a |de )+(mand\\w+|envi\\w+|escrib\\w+|molest\\w+|text\\w+|contact\\w+|
        fastidi\\w+|enviarme|mensajear\\w*|estar|hostig\\w+|joder\\w*|chingar\\w*|llegar|acos\\w+|TEXTS|los|estos|
        tantos)( TEXTS| mas)*
    (dejar|parar) de (mand\\w+|envi\\w+|escrib\\w+|recib\\w+|molest\\w+|text\\w+)
    (dejenme|dejeme|dejame|dejen|deje|dejenos) (en paz|tranquil[oa])
    (quiten|quite|quita|saquen|saque|saca|borren|borre|borra|eliminen|elimine|elimina|remuevan|remueva|retiren|
        retire|quitar|sacar|borrar|eliminar|tachen)(me|nos)? (ya |por favor |de |mi |mis |este |el |la |todos |
        todo |su |esta |sus |a )*(lista|sistema|numero|telefono|datos|informacion|nombre|base|contactos|registros?|
        cel|celular|celu|base de datos|ahi|aqui|suscripcion)
    (quitenme|saquenme|quiteme|saqueme|borrenme|eliminenme|borreme|elimineme|sacame|quitame|borrame)
    (d[ea]n|de|dar|da|dese|darse|darnos)(me|nos)? de baja
    darme de baja
    (cancelar|cancele[ns]?|cancelen|cancela|detener|detengan|suspendan?|suspender|desactiv\\w+|apag\\w+|terminen|
        finalizar) (ya |de |con |por favor )*(ANY )*(TEXTS|suscripcion|servicio de mensajes|el envio)
    ya (estuvo|no manden|no escriban|dejen|paren|callen\\w*|fue suficiente)
    (como|donde) (le hago para |le hago |puedo |hago para |hago |me |se |los |debo |tengo que |para )*(cancel\\w+|
        dej\\w+ de recibir|doy de baja|dar(me)? de baja|quit\\w+|par\\w+|deteng\\w+|detener|desuscrib\\w+|
        bloque\\w+|detien\\w+|salg\\w+ de|salir de|salgo|salir|cancelo)( ANY)*( (TEXTS|lista|suscripcion|servicio|
        esto|esta|baja))
    no (autorizo|doy permiso|di permiso|di mi consentimiento|tienen permiso|tienen mi (permiso|consentimiento|
        autorizacion)|consiento)
    (vayanse|vete|vaya) (a la|al|alv|ya)
    chinguen
    chinga tu
    no (jodan|jodas|chinguen|fastidien)
    callense
    largo de
    (esto|esta) es acoso
    me tienen hart[oa]
    estoy hart[oa] de
    hart[oa] de (sus|los|tantos)
    desuscrib\\w+
    olvid(en|e|a|ense de) mi numero
    pierdan mi numero
    los voy a bloquear
    bloqueado
    """

_ABOUT_ELSE = """
    (ill|i will|can i|could i|may i|to|can we|could we|gonna|going to|might|should i|just|wanna|want to|need to|
        could|ok if i|okay if i|id like to|im gonna|we can|i can|please|and|ill just|let me|will|did|if i|should we|
        or|i could|i may|was going to|planning to|plan to) stop (by|in|over|at|off|through|into|around|there|down|
        up|to|for|on my way|and)
    stop (by|in|over|off at|at the|at your|at my|at|through|into|for gas|for a|for lunch|for coffee|to get|to pick|
        and get|and see|and think|sign|signs|light|lights|watch|me if|to think|over at|being (so|sick|silly|sad|
        late)|payment|the car|on the way|loss|there and|to see|past|down by)
    (bus|train|subway|metro|next|last|first|pit|non|truck|rest|tram|one|whistle|quick|door|gas|brief|short|my|a|the|
        your|every|nearest|closest|which|what|that|hard|full) stops?
    bus stop
    stop (near|close to|number|is|on|before)
    (wont|cant|cannot|doesnt|didnt|hasnt|couldnt|wouldnt|never|not|isnt|havent|aint|nothing|does not|dont seem to|
        will it|does it|would not|when does it|when will it|not able to|never) (seem to |ever |even |get it to |
        make it |to |really |just )*(stop|quit|end|cancel)(?! (text|messag|send|contact|bother|harass|spam)ing|
         the texts| these texts| getting| your| spamming)
    (dont|do not|never|no need to|pls dont|didnt mean to|not trying to|didnt want to|dont want (you )?to|
        wasnt trying to|accidentally|by accident|not want to|didnt ask to|not asking (you )?to|why did you|
        why did yall|did you|did i|did not ask to|havent) (want (to |you to )?)?(have to |need to |ever |mean to |
        try to |say |send |type |text |hit |please )*(stop|quit|end|cancel|unsubscribe\\w*|opt ?out|opt me out|
        remove me|remove my|take me off|delete|revoke|drop me|give up on|forget)( sending| texting)?( me|
         us)?( from| off)?
    (not|isnt|wasnt) (a|an|telling you to|saying|asking you to|asking to|the) (stop|unsubscribe|opt out|cancel)
    (stop|quit|stopped|quitting|end|ending)( taking| using)? (WHOSE|any|all|these|those|
        some) (\\S+ )?(\\S+ )?(meds?|medicines?|medications?|pills?|drugs?|insulin|treatments?|therapy|blood|
        antibiotics?|birth control|medicina|medicamento|metformin|aspirin|vitamins|injections?|shots?|contract|
        lease|job|diet|smoking|pain|bleeding|gym|itch|itching|cough|ringing|swelling|grinding|clock|timer|presses|
        hurt|hurting|insurance|membership|school|car|treadmill|infection|cycle|madness at work|ozempic|adderall|
        steroids?|lisinopril|prozac|pill)
    (stop|quit|quitting|stopped) (taking|smoking|drinking|vaping|eating|worrying|bleeding|coughing|crying|working|
        using|breastfeeding|nursing|driving|grinding|snoring|biting|chewing|itching|hurting|thinking|stressing|
        running|exercising|my|playing|laughing|feeling|growing|wearing|doing (yoga|keto|drugs|pt|exercise|workouts)|
        going|picking|puking|vomiting|throwing|shaking|sneezing|procrastinating|the pain|alcohol|cigarettes|
        nicotine|weed|sugar|caffeine|coffee|meds|medication|medications|metformin|ibuprofen|insulin|birth|blood|
        being|itself|kidding|joking|putting off|cold turkey|work|school)
    (should|can|when (can|should|do)|do|must|could|need to|have to|had to|ok to|okay to|safe to|going to|trying to|
        want to|wants me to|told me to|tell me to|says to|help me|help (me )?to|help with|before|after|if) (i |we |
        he |she |you )?(stop|quit|discontinue|end|remove|cancel)( taking| using| eating| smoking)? (my|the|
        it before|before|eating|for|a|at|and|taking|using|it|blood|birth|aspirin|ibuprofen|metformin|smoking|
        drinking|vaping|work|early|around|when|until|having|being|WHOSE)(?! TEXTS| texts)
    (end|ends|ending|finish) (of|up|at|date|by|time|result|around|early|late|before|after|in|on a|zone|user|table)
    (week|the|front|back|dead|year|month|my|your|high|low|days?|tail|rear|deep|either|other|this|that|late|weeks|an|
        no|west|east|north|south) end( of)?
    weekend
    endless
    (call|class|shift|meeting|work|school|semester|day|it|appointment|visit|that) ~1(ends?|ended)
    (cancel\\w*|canceled|end|remove|quit|delete) (WHOSE |the |this |that |our |my |on |for |all |both |
        one of )*(\\S+ )?(\\S+ )?(VISIT|flight|order|trip|plans?|meeting|class|membership|gym|credit card|card|
        insurance|dinner|party|vacation|deposit|dr|doctor|dentist|date|time|reminder for|cita|request for|surgery|
        procedure|hold|charge|payment|policy|other|lunch|hotel|uber|ride|game|service|prescription|colonoscopy|mri|
        xray|call|interview|slot|spot|the table)
    cancel (on |for |this |my |the )*(DAY|morning|afternoon|evening|monday|MONTH|\\d|am|pm|our|mine|it (and|for|
        because|since)|due|because|on|if|within|fee|fees|policy|for|at|last minute|late|without|online|
        or reschedule|and reschedule|rebook|and rebook|before|after)
    (cancel(l?ed|l?ing|lation|lations|s)|cancelacion|cancelaron|cancelo|canceles|cancele (mi|la|su)|cancelar (mi|la|
        su|una|esta|el|nuestra|con)( \\S+)? (cita|visita|consulta|turno|hora|vuelo|reserva|membresia|pedido|seguro|
        orden))
    (need|have|had|want|going|got|wants|able|like|possible|ok|supposed|order|tengo que|necesito|quiero|quisiera|
        puedo|podria|deseo|hay que|debo) (to |que )?(cancel|cancelar)( it| mi cita| la| on| because| due| and| for|
         tomorrow| today)?
    (remove|removes|removing|removal|removed|remover|quitar|quitan|quiten|elimin\\w+|sacar|sacan|saquen|
        borrar) (of |a |an |the |my |his |her |WHOSE |some |two |these |this |this big |small |un |una |unos |los |
        las |estas |mis |me |le )*(\\S+ )?(moles?|warts?|skin|tags?|tattoos?|cysts?|tooth|teeth|wisdom|stitches|
        sutures|staples|cast|lipoma|polyps?|mass|lump|bump|spots?|hair|scar|iud|implant|fillings?|crowns?|braces|
        earwax|ear wax|wax|gallbladder|tonsils|tumor|fibroids?|nails?|ingrown|bandage|dressing|tube|catheter|stain|
        plaque|foreign|splinter|lunar\\w*|muelas?|dientes?|verrugas?|puntos|tatuajes?|quiste|diu|grano|mancha|
        sangre|cita|the waiting|from the wait\\w*|me from the wait\\w*)
    (remove|take|get|taken|removed) (me |us |my name )?(off|from|out of|off of) (of )?(the |your |that |
        this )?(wait|waiting|cancellation|standby) ?list
    (take|get|taking) (me|it|the|my|this|that|him|her|a|some|time|day|the day|days|tomorrow|monday|off) off (work|
        school|at|early|from work|on|to|the bus|the train|around|my|for|of work|me with|of me|the ground|tomorrow|
        today|monday|tuesday|wednesday|thursday|friday)
    (omg|haha|lol|aww|awww|lmao|stahp|jaja) (please )?stop( it)?
    stop it (youre|you guys|u guys|yall|ur|your|so|thats so)
    stop (youre|making me (laugh|blush|cry|hungry|smile))
    stop calling
    quit calling
    (call|calls|calling) (stop|stopped)
    stop (the )?(phone )?calls
    (stop|quit|no more|cancel) (with )?(the |sending |those |your |all |me )*(emails?|e mails?|mail|letters|mailers|
        faxes|voicemails?|robocalls?|calling|calls|junk mail|phone calls)(?! (and|or|&) (TEXTS|text))
    (mensajes?|camion|bus|autobus|metro|parada|tren) (no )?(para|paran|se detiene|parada|llega)
    no para de
    sin parar
    no (puedo|puede) parar
    (va|voy|vamos|puedo|pueden|van|quiero|puede|tengo que|necesito|al|sali|para|antes de|despues de|de|a|sin|
        hora de|temprano|podre|logre|pueda|acabo de|termino de|recien|vas) (a )?salir
    salir (de|del|temprano|mas|a|antes|tarde|con|para|al|el|la|en|hoy|manana)
    (dejar|dejo|deje|dejar de|parar|parar de|debo|tengo que|dejen de) (de )?(tomar|fumar|beber|comer|usar|doler|
        sangrar|trabajar|llorar|mi|la medicina)
    (dejen?|deje|deja) (un|una|el|la|que|ver|su|me|checar|mi|lo) ?(mensaje|recado|cita)?
    (alto|alta) (costo|precio|riesgo|presion|colesterol|azucar|grado)
    (muy|mas|tan|demasiado|es|soy|piso|punto|presion|colesterol|nivel) (alto|alta|baja|bajo)
    (dia|planta|presion|parte|incapacidad|azucar|costo|precio|en|la) baja
    baja (por|presion|en|un|medica|laboral|mucho|california)
    para (el|la|mi|un|una|que|los|las|cuando|manana|hoy|hacer|ir|ver|agendar|confirmar|saber|esta|ese|este|tomar|
        lunes|martes|miercoles|jueves|viernes|sabado|ninos|todo|mas|su|tu|usted|ustedes|otro|otra|despues|reservar|
        pedir|llegar|nada|cita)
    (fin|final|finales) de
    (no|nunca) (me )?(quiten|saquen|borren|eliminen|cancelen|den de baja|dejen de)( \\S+){0,3}
    no (es|quiero) (cancelar|parar|darme de baja|que paren)
    (want|wanted|like|prefer) (you )?to (not|never) (stop|quit)
    stopped
    stopping
    quitting
    (he|she|they|who|my \\S+|we|i|just) quit
    quit (my|his|her|on|last|this|a|in|for|after|cold|years|two|three|\\d)
    quit (yesterday|today)
    (reply|text|says?|send|sending|typing|word|replying|said|replied|wrote|writing|what does|does|meant|
        mean) (the word )?stop (to|mean|do|means|and|by accident|by mistake|if|earlier|before|yesterday|
        accidentally)
    (the|your|a|an|on|any|this) (opt out|unsubscribe) (link|form|page|instructions|text|option)
    """

_BOUNDED = says(
    """
    (text|message|contact|write|send|bother|call|disturb|texting|messaging|contacting|texts|messages|llamen?|
        escriban?|manden|mensajes|escribirme|contacten|reach out|hit me up|anything) (ME )*(TEXTS )*(so |this |
        that |too |tan |muy |me )*(at|after|before|until|till|while|during|on (DAY|weekends|weekdays|the weekend)|
            past|unless|between|in the|when|early|
        late|this late|this early|every|so often|from \\d|tonight|today|tomorrow|durante|despues|antes|hasta|en la|
        por la|en el|cuando|tan|de noche|los|mientras|a esta|a estas|a las|entre|next week|for (a|the|\\d)|during|
        that early|that late|ahorita|hoy|manana|los domingos|right now|yet)
    (fewer|less|menos|so many|not so many|too many|tantos) (TEXTS)( please)?$
    only (text|message|contact|send) (me )?(on|after|before|between|during|if|once|when|in)
    (just|only) text me
    """
)

_DOUBT = says(
    """
    at
    after
    before
    until
    till
    while
    during
    unless
    if
    when
    but
    instead
    today
    tonight
    tomorrow
    yes
    yeah
    si
    start
    wrong
    call
    pero
    antes
    despues
    cuando
    how
    can
    could
    why
    what
    where
    is
    will
    would
    did
    does
    should
    como
    puede
    pueden
    puedo
    que
    email
    correo
    appointment
    cita
    visit
    booked
    tuesday
    monday
    wednesday
    thursday
    friday
    \\?
    """
)

_KEEPS_TEXTS = says(
    """
    (?<!dont )(?<!never )text (me|us|is|only|instead|works|please|is fine|is better|is ok)
    (just|only|rather|prefer|better|please|can|could|but|and) (you |to |if you |by )*(text|texts|texting|
        message)( me)?( only| instead| please| is| works)?
    (?<!dont )(?<!never )(texts|texting|text|messages|messaging|sms) (only|is|are|works|instead|is better|are fine|
        are ok|is fine|please)
    (mandame|manden(me)?|mandenme|escriban(me)?|escribanme|envienme) (mejor |un |los |por )*(mensajes?|textos?|sms|
        texto)(?! mas)
    (mejor|solo|prefiero) (por )?(TEXTS)
    (mejor|solo) (mandenme|escribanme|mensajes|texto)
    """
)

_TOKENS = """
    stop
    stopp
    stopall
    stopsign
    unsubscribe
    opt ?out
    quit
    revoke
    end these
    arret
    fuck off
    get lost
    basta
    stop all
    alto
    optout
    """

STOPS = (
    Row(
        intent=Intent.OPT_OUT,
        certainty="sure",
        name="stop word",
        when=politely(_WORDS),
        examples=such_as(
            """
            STOP
            Stop.
            S T O P
            stop please
            stop stop
            “Unsubscribe”
            No más
            opt-out
            CANCEL!!
            🛑
            𝐒𝐓𝐎𝐏
            un5ubscribe
            stoooop
            sstop
            s-t-o-p
            退订
            hello, please remove me
            """
        ),
    ),
    Row(
        intent=Intent.OPT_OUT,
        certainty="sure",
        name="stop phrase",
        when=says(_PHRASES),
        aside=says(_ABOUT_ELSE),
        unless=_DOUBT,
        at_most=9,
        examples=such_as(
            """
            stop texting me
            Don’t contact me again
            do not text me
            please take me off your list
            lose my number
            ok quit sending me these messages
            Leave me alone!
            no me manden mensajes
            dejen de escribirme
            I withdraw my consent
            erase my data please
            Quítenme de la lista
            im so done with these texts
            """
        ),
    ),
    Row(
        intent=Intent.OPT_OUT,
        certainty="likely",
        name="stop in a longer text",
        when=says(f"{_PHRASES}\n{_TOKENS}"),
        aside=says(f"{_ABOUT_ELSE}\n(?:{_BOUNDED.pattern})"),
        unless=_KEEPS_TEXTS,
        examples=such_as(
            """
            yes stop
            STOP?
            how do I unsubscribe?
            no thanks, STOP
            I asked twice by phone already so would you kindly stop texting me about this
            E-mail is better for me, no texts
            ¿Cómo le hago para no recibir mensajes? Ya dejen de mandarme
            """
        ),
    ),
    Row(
        intent=Intent.OPT_OUT,
        certainty="likely",
        name="stop as a clause",
        when=alone(
            f"""
            (?:(?:please|no|no thanks|thanks|just|now|ok|yes|and) )*(?:{either(_WORDS)})(?: (?:please|now|thanks|asap))*
            """
        ),
        by_clause=True,
        unless=_KEEPS_TEXTS,
        examples=such_as(
            """
            Too far for us. Cancel.
            I already have a dentist - remove
            Ya tengo doctor, baja
            """
        ),
    ),
)

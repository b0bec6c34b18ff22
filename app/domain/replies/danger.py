"""Danger to life or of harm, to the sender or anyone else, now: a person looks at once.

Better one alarm too many. What is denied ("no chest pain"), long past, asked in general, or a way of speaking is cut
out or held back; anything that says *now* beside it counts again.
"""

from app.domain.replies.reading import Intent
from app.domain.replies.rows import Phrases, Row, says, such_as
from app.domain.replies.vocabulary import FAMILIES

_ASIDE = says(
    """
    (no|not|without|never|zero|denies|sin|nor|ni|dont have|didnt have|havent had|isnt|wasnt|aint|not having|not an|
        no es|nunca|no tengo|no hay) (an?y? |any |more |real |severe |actual |signs? of |history of |having |
        really |una? |el |mas |tengo |experiencing |feeling )*SIGN( (or|and|nor|ni|o|y) (any |no |the )?(SIGN|
        \\S+))*
    (im |hes |shes |were |its |am )?(not|no longer|never been|isnt|wasnt|arent|stopped) (actually |even |really |
        currently |feeling )?(suicidal|bleeding|fainting|choking|dying|short of breath|in danger|
        having trouble breathing|an emergency|unconscious|overdosing|throwing up blood)
    (dont|wont|didnt|not going to|not trying to|never|wouldnt) (\\S+ )?(hurt|kill|harm) (myself|anyone|anybody|him|
        her|a fly)
    emergency (contacts?|numbers?|fund|exit|brake|line|dentist|dental|visits?|slots?|appointments?|hours|room (bill|
        copay|visit|records?)|kit|phone|care|services|clinic|doctor)
    (contacto|numero|cita|sala|visita|consulta) de emergencias?
    (family|work|pet|car|plumbing|personal|small|little|minor) emergency
    emergency (at|with) (work|my job|school|the office)
    emergencia (familiar|en el trabajo|del trabajo)
    (non|after) emergency
    food poison(ing|ed)?
    heart attack (when|from|over|looking) ~3(bill|price|cost|saw|see|laughing|score|game)?
    (almost|nearly|gave me|give me|about|gonna|havin) (had |have )?(a|an )?heart attack
    (stroke|fever) (of|dream|pitch|rehab|recovery|survivor|luck|genius)
    (bit|stroke) of (a )?luck
    dying (to|for|of|from|laughing|inside|here|over|lol|haha)
    (kill|die|dying|dead|killing) (for|from (laughing|embarrassment|boredom|laughter)|of (boredom|embarrassment|
        laughter|shame))
    (id|would|could|to) (kill|die) (for|of|from)
    me (esta|estan|tiene|tienen) matando
    cant breathe? (lol|haha|lmao|from laughing|im laughing|through my nose|thru my nose|out of my nose)
    (laughing|laughed) ~4cant breathe?
    (lol|haha|lmao|hahaha|jaja|jajaja) cant breathe?
    bleeding (money|cash|heart|edge|me dry)
    gums? ~3(bleed|bleeds|bleeding)
    (my|your|his|her|the) (kids?|boss|job|work|back|feet|tooth|knees?|shoulder|neck|head|throat|hip|teeth|prices?|
        wait|husband|wife|heat|allergies) ~2(is|are|will be|gonna be|going to be) the death of me
    passed out (on the couch|asleep|early|in bed|drunk|watching|flyers|candy|cards)
    (shoot|shot) (me|you|them|us) (a|an|over|the|your|some|me) (text|message|email|line|link|time|info)
    (knock|knocked) (out|off|it)
    """
)

_NOT_NOW = says(
    """
    (last|past) (year|summer|winter|spring|fall|decade|january|february|march|april|june|july|august|september|
        october|november|december|christmas)
    (\\d+|a|an|one|two|three|four|five|six|few|couple|several|many|some)? ?(of )?(years?|yrs?|months?|
        decades?) (ago|back|prior)
    (\\d+|one|two|three|four|five|six|few|couple( of)?|several) weeks ago
    ages ago, a while (ago|back), long time ago, back in, back when, in (19|20)\\d\\d, when i was, years back
    history of
    family history
    used to
    as a (kid|child|teen)
    in the past
    previous
    previously
    survivor
    runs in
    ran in
    hace ((unos|varios|muchos|\\d+|dos|tres|cuatro|cinco|un|una) )*(anos|meses|semanas|ano|mes|tiempo)
    el ano pasado
    el mes pasado
    de nina
    de nino
    antecedentes
    (FAMILY) (had|has had|died|passed) ~3(stroke|heart|attack|seizures?|suicide|overdose|cancer|blood)
    mi (FAMILY) (tuvo|murio|fallecio)
    if (i|he|she|we|someone|somebody|they) (ever |were |was )?(had|have|were|get|gets|feel|got|fell|had|having|
        started|start|faint|has|bleeds|bleed|pass)
    in case of
    what if
    what (are|is) the (signs|symptoms|risk)
    signs of
    symptoms of
    risk of
    side effects?
    can (stress|anxiety|it|this|that|you|coffee|medication|botox|the shot) (cause|lead|trigger|give|make)
    do (you|u|they|yall) (guys )?(treat|handle|deal with|help with|work with|offer|see people|see patients|test for|
        screen for)
    what should (i|someone|you|one) do (if|when|in)
    is it (normal|true|common|possible), does (it|this|that|insurance|anxiety|the) ~3(cause|cover|help|mean)
    que pasa si, que hago si, sintomas de, tratan, atienden, puede causar, es normal
    follow up (for|after|from|on)
    recovering from
    after (my|his|her|a|the) ~1(stroke|heart attack|seizure|concussion)
    post stroke
    (for|about|discuss) (my )?(anxiety about|fear of|article|essay|class|school|project|movie|show|book)
    """
)

_OVER = says(
    """
    (all|its|im|hes|shes|were|he is|is|feeling|doing|feel|but|feels) (much |fine |all |so |totally |
        completely )?(better|fine|ok|okay|good|gone|resolved|cleared up) (now|today|since|again|already)
    (went|gone|goes) away
    false alarm
    no longer
    not anymore
    turned out
    cleared (me|him|her|up)
    was cleared
    got cleared
    got checked
    already (seen|treated|checked)
    resolved
    all clear
    long since
    (it|bleeding|pain|its|finally|has|he|she|that) (has |have |just |finally |already )*stopped (bleeding|hurting|
        on its own|now|yesterday|last night|already|after|so|by)
    bleeding (has |finally |already |has finally )?stopped
    stopped bleeding
    stopped now
    is gone
    are gone
    its over
    was nothing
    they (ruled|sent me home|said (its|it was|im|everything))
    ya (paso|se me paso|se me quito|estoy (mejor|bien)|esta (mejor|bien)|no (sangra|tengo|me duele)|se me fue)
    fue falsa alarma
    ya no (me|le) duele
    (er|hospital|doctor|ambulance|doctors) ~3(said|says|cleared|ruled|confirmed|told me) ~3(fine|ok|okay|nothing|
        anxiety|panic|reflux|heartburn|normal|good)
    (had|got) ~3(weeks? ago|last month) ~4(ok|okay|fine|good|better)
    """
)

_HELD_BACK = Phrases(lambda: rf"{_OVER.pattern}|^(?!.*(?<!\S)(?:{FAMILIES['AFRESH']})(?!\S)).*?{_NOT_NOW.pattern}")

_BODY = """
    heart ~6(explode|exploding|burst|out of my chest|skipping|fluttering) ~4(sweating|dizzy|sweaty|faint|breath|chest)
    chest (is |feels |felt |has been |area |really |still |so |all |been |started |keeps |kinda |starting )*(pains?|
        pressure|tight|tightness|tightening|tightens|hurts?|hurting|heavy|heaviness|discomfort|aching|aches|
        squeezing|burning|crushing|pounding|killing)
    (pains?|pressure|tightness|elephant|weight|crushing|squeezing|stabbing|sharp|heavy|heaviness|tight|burning|ache|
        discomfort|hurts?|hurting|hurt|pressing|brick|knife) ~4(in|on|across|inside|of|around|to) ~2chest
    (dolor|duele|presion|opresion|apretado|punzada|aprieta|ardor|peso|molestia) ~4pecho
    pecho ~3(duele|aprieta|apretado|dolor|oprime|presion)
    heart attack, infarto, (ataque|paro) (al corazon|cardiaco), cardiac arrest
    heart ~2(stopping|giving out|failing)
    (heart|corazon) ~4(racing|pounding|beating) ~6(faint|dizzy|breath|breathe|sweat|sweating|chest|pass)
    (left arm|jaw|brazo izquierdo) ~4(numb|pain|hurts|tingling|tingly|heavy|aching|dormido|duele|adormecido)
    (numb|numbness|pain|tingling|hurts|dolor|hormigueo) ~4(left arm|jaw and|brazo izquierdo)
    (cant|cannot|unable to|not able to|hardly|barely|struggling to|struggles to|hard to|hard time|trouble|
        difficulty|difficult to|couldnt|gasping to|having to work to|doesnt|not|isnt|aint|wont|stopped|stops|
        fighting to|problems) (even |really |hardly |catch (my|his|her) |get (a |my |enough )?|take a |having |
        seem to |able to |for )*(breath|breathe|breathing|breaths|air)
    (short|shortness|out) of breath
    gasping( for)?
    suffocating
    choking
    choked on
    choke
    turning (blue|purple|gray|grey)
    (lips|fingers|face|skin) ~3(blue|purple|gray|grey)
    asthma attack
    ataque de asma
    wheezing ~3(bad|badly|hard|cant|worse|really)
    hyperventilating
    breathing ~2(is |getting |really |so |very |super |weird )*(hard|harder|difficult|labored|shallow|funny|weird|
        worse|fast|tough|bad)
    inhaler ~3(working|help|helping|empty|out)
    no (puede|puedo|podemos|esta|logra|logro) (ni |casi |bien )*(respirar|respirando)
    no respira
    (dificultad|cuesta|dificil|trabajo|problemas) (mucho |me cuesta )*(para |a |al )?respirar
    (me|le|nos) (falta|hace falta|esta faltando) (mucho |el )*(aire|aliento|respiracion)
    (me|se) (esta |estoy )?(ahog[oa]|ahogando|asfixi\\w+)
    atragant\\w+
    labios (azules|morados)
    falta de aire
    sin aire
    (me|le) cuesta ~2respirar
    (face|mouth|smile|lip|lips|cara|boca|eyelid|rostro|one side|left side|right side|lado) ~6(droop|droops|drooping|
        droopy|drooped|sagging|sags|crooked|lopsided|uneven|numb|limp|weak|paralyzed|dropped|slack|caid[oa]|
        torcid[oa]|chueca|dormid[oa]|adormecid[oa]|entumecid[oa]|caido|paralizad[oa]|tingly|tingling|falling|weird)
    (numb|weak|tingling|paralyzed|droopy|drooping|entumecid[oa]|adormecid[oa]|dormid[oa]|numbness|
        weakness) ~5(one side|left side|right side|half|face|un lado|lado (izquierdo|derecho)|mitad)
    slurr(ing|ed|s)?
    (speech|words|talking|speaking|talks) ~4(slurr\\w*|garbled|jumbled|funny|weird|mush|mushy|gibberish|mixed|wrong|
        sense|drunk|mumbl\\w*)
    not making (any |much )?sense
    doesnt make (any )?sense when
    talking (gibberish|nonsense|funny|weird)
    (he|she|FAMILY) ~2(cant|cannot|couldnt|suddenly cant|wont) ~1(speak|talk|smile|swallow)( properly| right|
         clearly| anymore| at all)?
    (suddenly|all of a sudden|de repente|repente) ~5(cant|cannot|numb|weak|confused|dizzy|blind|blurry|speak|talk|
        walk|worst|dropped|no puede|no puedo|confundid[oa])
    (confused|disoriented|confundid[oa]|desorientad[oa]) (suddenly|and|all of a sudden|since|y|de repente|today)
    (very|really|so|suddenly|is|seems|muy|esta|getting|acting) (confused|disoriented|desorientad[oa]|delirious|
        lethargic) ~4(fever|FAMILY|today|cant|fell|and|sleepy|weak)
    (having|had|has|have|is|like|think|mini|be|a|maybe|posible|derrame|signs of a|tuvo|teniendo) (a |an |having a |
        un )*(stroke|derrame|embolia|apoplejia)
    derrame cerebral
    (cant|cannot|couldnt|unable to|lost|no puede|no puedo|no siento|no siente) (even |really )*(move|feel|lift|
        raise|feeling|mover|sentir|use|levantar|feeling in|movement)? ?MINE ~1(arms?|legs?|side|face|hands?|body|
        feet|foot|brazos?|piernas?|cara|lado|mano|cuerpo|toes|fingers)
    (arm|leg|brazo|pierna) ~3(went|gone|goes|is|wont|suddenly|se) (numb|limp|dead|weak|paralyzed|move|dormid[oa]|
        no responde) ~4(face|speech|side|suddenly|talk)
    (worst|sudden|thunderclap|explosive|blinding|terrible sudden|severe sudden) (\\S+ )?headache
    headache ~3(of my life|ever had|ever felt|i have ever|came out of nowhere|hit by|hit me like|struck|thunder)
    (peor|repentino|subito) dolor de cabeza
    dolor de cabeza ~4(de repente|de mi vida|repentin[oa]|subito)
    headache (and )?(stiff neck|confused|vomiting)
    faint(ed|ing|s)?
    pass(ed|ing|es)? (in and )?out
    (blacking|blacked|blacks|black) out
    blackouts?
    (in|goes in|drifting in|going in) and out of( consciousness)?
    unconscious
    unresponsive
    lost consciousness
    inconsciente
    desmay\\w+
    collapsed
    collapsing
    colapso
    perdio el conocimiento
    (me|se) desvanec\\w+
    (wont|cant|isnt|not|cannot|doesnt|hard to) (get (him|her|them) to )?(wake|waking|awake|wake up|respond|
        responding)
    (cant|wont|couldnt|can not) ~3wake( (him|her|them|my \\S+|up))?
    no (responde|despierta|reacciona|contesta y)
    limp and
    seizures?, seizing, convuls\\w+, having fits?, ataque epileptico, foaming at the mouth
    bleed(ing|s)? (really |very |so |pretty |quite )*(heavily|bad|badly|a lot|alot|nonstop|non stop|out|profusely|
        everywhere|so much|like crazy|hard|fast|heavy|through|uncontrollably|all over|internally|to death|from (my|
        his|her) (head|eye|ear|ears|neck|rectum|mouth|stomach))
    (heavy|severe|bad|major|serious|uncontrolled|lots of|a lot of|so much|profuse|massive|rectal|internal|
        vaginal) bleed(ing)?
    bleed(ing|s)? ~6(wont|not|hasnt|isnt|doesnt|cant|cannot|never|keeps|still|dont|will|wouldnt|continue)( stop|
         stopping| stopped| going| slowing| quit| slow| let)?
    (wont|cant|doesnt|not|hasnt|isnt|never|cannot|keeps|dont|not able to|couldnt) (get ~3to )?(stop|stopping|
        stopped|quit|get it to stop)? ?~2(bleeding|blood)
    (cut|gash|wound|incision|nosebleed|nose|stitches|finger|leg|arm|hand|surgery site|extraction|socket|
        head) ~6(wont|will not|not|cant|cannot|doesnt|hasnt) (stop|stopping|quit|clot|close)
    blood (is |all )?(everywhere|gushing|pouring|spurting|squirting|soaking|soaked|all over|wont|keeps|running)
    (gushing|spurting|squirting|pouring|covered in|pool of|lots of|so much|losing ~2|lost ~2|too much) blood
    (cough\\w*|vomit\\w*|throw\\w*|puk\\w*|spit\\w*|pee\\w*|poop\\w*|threw|hack\\w*) ~4blood
    (soak\\w*|fill\\w*) (through )?~2(pads?|towels?)
    (sangr\\w+|hemorragia) ~2(mucho|mucha|much\\w+|bastante|demasiado|no para|sin parar)
    (mucha|tanta|perdiendo|perdido ~1|escupiendo|tosiendo|vomit\\w+|echando) sangre
    (no|sin) (para|deja|parar|dejar|se detiene|se le detiene|puedo parar|le para) (de |la |el )*(sangr\\w+|sangre|
        sangrado)
    hemorragia
    sangr\\w+ ~5(no para|no se detiene|sin parar|no deja|no se quita)
    (throat|tongue|face|lips?|airway|neck|mouth|windpipe|garganta|lengua|cara|labios?|rostro|boca) ~4(swell\\w*|
        swollen|swole|closing|closed|closes|tightening|tight|shutting|hinch\\w+|cerr\\w+|cierra|inflam\\w+|
        balloon\\w*|puff(ed|y|ing)?|huge|double)
    (swelling|swollen|swelled|hinchad[oa]|hinchazon|hinchando\\w*|inflamad[oa]|closing) ~4(throat|tongue|face|lips?|
        airway|mouth|garganta|lengua|cara|labios?)
    (se me|me|se le|le) (esta |estan )?(cierra|cerrando|hincha|hinchando|hincho|cerro|hincharon|
        inflamo) ~2(garganta|lengua|cara|labios?|boca)
    (severe |bad |having an? |an |serious )?allergic reaction
    anaphyla\\w+
    epi ?pen
    reaccion alergica
    anafila\\w+
    stung ~6(swell\\w*|breath\\w*|throat|hives)
    hives ~6(throat|breath\\w*|swelling|lips|face|tongue)
    overdos\\w+, od ?d?, sobredosis, poison(ed|ing)?( control)?, envenen\\w+, intoxic\\w+, carbon monoxide
    (double|twice|triple|too much|extra|wrong|overdose of|two doses of|three times) ~3(insulin|dose|doses|meds|
        pills|medicine|medication|tylenol|warfarin|blood thinner|blood pressure|xanax|morphine|oxy\\w*|methadone|
        fentanyl) ~6(mistake|accident|accidentally|shak\\w*|sweat\\w*|dizzy|woozy|sleepy|wake|faint\\w*|sick|
        throwing|weird|help|what do|now|confused)
    (took|taken|takes|taking|take|swallowed|ate|had|drank|downed|popped|swallow) ~5(too many|too much|whole bottle|
        entire bottle|full bottle|bottle of|handful|bunch of|all (of )?(my|his|her|the) (pills|meds|medication|
        medicine|tylenol|advil)|extra|double dose|\\d\\d+ (pills|tablets|tylenol|advil|ibuprofen|xanax)|
        wrong (pills?|medicine|medication|meds))
    (swallow\\w*|drank|drink|drinking|ate|eat|eating|eaten|ingested|licked|chewed|got into|gotten into|got in to|
        got ahold of|got hold of|inhaled|chugged|put ~2in (his|her) mouth|found and|tomo|trago|comio|bebio|ingirio|
        mordio|tragado|tomado|agarro) ~6(bleach|detergent|tide|pods?|batter(y|ies)|pills?|medicines?|meds|
        medication|cleaner|chemicals?|antifreeze|poison|drano|gasoline|perfume|magnets?|vitamins|iron pills|gumm(y|
        ies)|edibles?|weed|nicotine|vape|mushrooms?|berries|sanitizer|tylenol|advil|ibuprofen|benadryl|melatonin|
        blood pressure|mouthwash|lysol|pesticide|paint|thinner|glue|laundry|dishwasher|windex|ammonia|
        rubbing alcohol|coins?|cloro|lejia|pastillas?|veneno|pilas?|detergente|limpiador|medicinas?|medicamentos?|
        insecticida|jabon|moneda|suavizante|raticida|gomitas)
    (tome|tomo|tomado|trague|trago|se tomo|me tome) ~3(demasiad[oa]s?|muchas|todas|todo el|un monton|un frasco|
        el frasco) ~3(pastillas?|pildoras?|medicinas?|medicamento|frasco|tylenol|calmantes)?
    (lost|losing|losing my|loss of|cant see|cannot see|couldnt see|went blind|gone blind|going blind|blind|perdi|
        perdio|perdiendo) ~4(vision|sight|eye|eyes|anything|vista|ojos?)
    (sudden|suddenly) ~3(vision|sight|blind|blindness|blurry|see)
    curtain ~4(eye|vision)
    (vision|sight|eye|eyes) ~3(went|gone|going|turned|gone to) (black|dark|gray|grey|blank|blind|out|away)
    woke up blind
    vision (is )?gone
    (no veo|no puedo ver) (nada|bien de repente|de|con|por)( un| el| mi)*( ojo)?
    (hit|bumped|banged|smacked|cracked|slammed|bonked|whacked|busted|struck|bump|hitting|fell on|landed on|knocked|
        golpe\\w*|pego|pegue|blow to) ~5(head|cabeza) ~12(dizzy|vomit\\w*|throw\\w*|threw|puk\\w*|nause\\w*|
        confus\\w*|headache|sleepy|drowsy|blurry|passed|blood|bleeding|memory|remember|seeing|double|ringing|
        forget\\w*|weird|acting|wobbly|unsteady|mare\\w*|sueno|dormid\\w*|confundid\\w*|acuerda|vision|out|woozy|
        slurring|repeating|pupils?|limp|stars|awake|cold)
    (dizzy|vomit\\w*|throw\\w* up|threw up|puking|nause\\w*|confused|sleepy|drowsy|blurry|mareo|mareada|
        mareado) ~12(hit|hitting|bumped|banged|smacked|fell on|bump|golpe\\w*|pego|blow|knock) ~4(head|cabeza)
    head injury, concussion, (golpe|traumatismo|herida) ~2cabeza
    (fell|fall|fallen|cayo|caida|caido|falling|felldown) ~10(cant|cannot|unable to|not able to|no puede|no se|
        no puedo|wont|hasnt) (get up|move|moving|walk|stand|feel|levantar\\w*|mover\\w*|wake|caminar|respond|
        been able)
    (fell|fall|fallen|cayo|caida|felldown) (down )?~8(head|unconscious|bleeding|hip|broke|confused|cabeza|terrible|
        horrible|bone|sangr\\w*|not right|out of it)
    (cut|sliced|stabbed|gash\\w*|wound|knife|slicer|chopped|severed|amputated|finger|hand|arm|leg|
        artery) ~8(spurting|gushing|squirting|pouring|to the bone|hanging off|cut off|came off|soaked)
    (severed|chopped off|cut off|amputated) ~2(finger|thumb|toe|hand|arm|foot)
    bone (is )?(sticking|poking) out
    water(s)? (just |has |have |already )?(broke|broken|breaking)
    rompi(o|eron)? (la |las )?(fuente|aguas|bolsa)
    (se me |me )(rompio|salio|revento) (la |el )?(fuente|agua|aguas|bolsa)
    (baby|bebe|fetus|he|she|bby) (\\S+ )?(isnt|not|hasnt|stopped|wont|isn|no|has not|barely|hardly|quit|
        doesnt) (been |se |moved?|moving|esta |ha |se ha )*(mov\\w+|kick\\w*|mueve|movido|moviendo)
    (havent|cant|not|dont|no longer|no|cannot|stopped|havent been) (\\S+ )?(felt|feel|feeling|siento|
        he sentido) ~3(baby|bebe|him move|her move|kick\\w*|movement|mov\\w+)
    (pregnant|weeks|wks|embarazada|embarazo|semanas|pregnancy|trimester|\\d+ ?w) ~12(bleed\\w*|blood|bloody|
        sangr\\w*|leaking|gush\\w*|contract\\w*|contracciones|cramps|cramping|fluid|liquido|movement|movements|
        spotting|kicks|seeing spots|severe)
    (bleed\\w*|blood|sangr\\w*|sangre|leaking|gush\\w*|cramping|spotting|severe) ~12(pregnant|weeks pregnant|
        embarazada|embarazo|pregnancy|trimester|semanas|miscarr\\w*)
    miscarr(ying|iage)
    aborto espontaneo
    perdiendo (al|el|mi) bebe
    (in|early|preterm) labor
    contractions ~4(apart|minutes|weeks)
    (newborn|new born|infant|baby|bebe|bb|recien nacid[oa]|neonate|preemie|\\d+ ?(day|week|wk|month|mo|dias?|
        semanas?|mes|meses)s?( (old|de nacid[oa]))?|(one|two|three|four|five|six|seven|eight|un|una|dos|tres|
        cuatro) (day|week|month|dias|semanas|mes|meses)s?( old)?) ~10(fever|feverish|fiebre|calentura|temp|
        temperature|temperatura|10[0-9](:?\\d\\d)?|burning up|39|40|hot)
    (fever|feverish|fiebre|calentura|temp|temperature|temperatura|10[0-9]|burning up) ~10(newborn|infant|baby|bebe|
        recien nacid[oa]|preemie|\\d+ (day|week|wk)s? old|(one|two|three) (week|month|day)s? old|\\d+ (dias|
        semanas))
    (fever|fiebre|calentura|temp|temperature|10[2-9]) ~12(confus\\w*|stiff neck|neck (is )?(\\S+ )?stiff|delirious|
        hallucinat\\w*|making sense|sense|cuello|rigid\\w*|purple|lethargic|wake|tieso|confundid\\w*|delir\\w*|
        alucin\\w*|limp|floppy|nuca|neck|seeing things|who i am|where)
    (stiff neck|cuello (tieso|rigido|duro)|confused|delirious|hallucinating|nuca) ~12(fever|fiebre|calentura|temp|
        10[2-9])
    (leg|calf|pierna) ~8(swollen|swelling|red|hinchad\\w*) ~10(breath|breathe|respirar|chest)
    meningitis
    sepsis
    septic
    electrocuted
    drowning
    drowned
    heat ?stroke
    snake ?bite
    bitten by a (snake|rattle\\w*)
    third degree
    """

_SELF = """
    (everyone|everybody|they|family|kids|people|world) (would|will|d|ll) be (happier|better off|better|
        relieved) ~2(if i|without me|when i|once i)
    (happier|better|easier) (if i (was|were) (gone|dead|not here)|without me)
    (gave|giving|given|give) away (my|all my|all of my|our|everything) ~2(dog|cat|pets?|things|stuff|belongings|
        everything|possessions|i own)?
    (wrote|written|writing|left|finished|wrote out) (the|my|all the|some|out my|a|goodbye|all my) (\\S+ )?(letters?|
        notes?|will|goodbyes?)( to| for| already| last| tonight| and)?
    wont be (here|around|alive)( anymore| much longer| to| for| then| by| after| and| goodbye| when)*$
    no point (in |to )?~2(booking|scheduling|coming|making|rescheduling|appointment|planning|treating|
        bother\\w*) ~4(wont|going|be gone|gone)
    (when|once|after|since|because|before) im (gone|dead|not here|no longer here)
    ill be (gone|dead|with (my|him|her|god|mom|dad|jesus)) ~4(by|before|soon|tonight|tomorrow|then|anyway|after|in)
    if im (still )?(here|alive|around)( \\S+)?$
    (bottle|pills|meds|box|pack) ~4(in me|in my stomach|inside me|down already|swallowed|already down)
    (took|swallowed|downed|chased) ~2(all|them all|everything|the whole|whole|entire) ~3(bottle|box|thing|pack|
        pills|of them|lot|stash|them)?
    (cut|cutting|slit|slitting|sliced|slashed) (my|her|his|their|up my|on my) (\\S+ )?(wrists?|arms?|thighs?|legs|
        skin|veins)
    (crash|drive|wrap|run) (my|the|this) car (into|off|around)
    cant (bear|face|stand|take) (living|another day|to live|being alive|life)
    (dont|cant|no longer) see (a|any|the) (future|way (out|forward)|point (in (living|life|anything|going)|anymore)|
        reason to (live|go on|keep))
    not be (a )?(problem|burden|bother|trouble) (for anyone |to anyone |to anybody )?(much longer|anymore|after|
        soon)
    nothing matters anymore
    ready to give up on life
    (giving|given|give|gave) up on (life|living)
    everyone will be (happier|better)
    dont (deserve|want) to live
    disappear forever
    vanish forever
    (regale|regalando|despedida|despidiendome|me despido) (de |mis |a |todas |todo )*(cosas|todos|perro|mi familia|
        este mundo|la vida|todos ustedes)?
    carta de despedida
    todo el frasco
    ya no (voy a estar|estare|estoy|voy a seguir) (aqui|vivo|viva|para|en este)
    (mejor|mejor seria|estaria[n]? mejor) (sin mi|no estar|si no (existiera|estuviera))
    suicid\\w*
    unalive
    kms
    (hurt|hurting|kill|killing|harm|harming|cut|cutting|shoot|shooting|hang|hanging|end|ending|offing|off|burn|
        burning|drown|starve) (myself|my self|himself|herself|themselves|themself)
    self ?harm\\w*
    sewerslide
    (end|ending|take|taking|took|tried to take|finish) (it all|my (own )?life|things|his (own )?life|
        her (own )?life|my own|their life|everything)( (tonight|today|soon|now|tomorrow|for good|once))?
    (end|ending) it (tonight|now|today|soon|tomorrow|for good|myself|already)?$
    (just )?(want|wanna|wants|wish|ready|rather|going|like|hoping|deserve|prefer|planning|trying|decided|feel like|
        about|please let me|let me|wanting) (\\S+ )?(to )?(die|dying|be dead|were dead|was dead|was gone|
        never been born|never woke up|disappear forever|go to sleep and never|not wake up|sleep forever|not be here|
        not exist|not be alive)
    wish (i|he|she) (was|were|wasnt|werent|could just|didnt|wouldnt|never) ~2(dead|gone|alive|here|born|exist|wake|
        woken|disappear|die|around)
    (dont|do not|didnt|not sure i|no longer|not|never) (really |even |think i )*(want|wanna|wanting|feel like|
        care to|plan|planning|like|see a reason|have a reason|see the point in|deserve|care (about|if i)|
        intend) (to )?(be )?(here anymore|live|living|wake up|waking up|exist|existing|alive|go on|going on|be here|
        continue living|on this earth|around anymore|stay alive|to be here|being alive|being here|
        in this world)( anymore)?
    (tired|sick|done|exhausted) (of|with) (living|life|being alive|existing|it all|everything|this life|
        trying to live|being here|breathing|fighting to live|being a burden)
    better off (dead|without me|if i|without), burden (to|on) (everyone|everybody|my family|them|my kids|all)
    (no ?one|nobody|anyone|anybody|everyone|they|who|people|world|family|kids) (\\S+ )?(would|will|d|wouldnt|wont|
        even|gonna) ~3(miss me|notice if|care if i|be sad|cry|find me|better without me|be happier without|
        be better off|notice im gone|notice when|miss me)
    would anyone (even )?(notice|care|miss), noone would miss me, nobody cares if i
    (no|any|a|isnt any|not any|zero) (reason|point|purpose|will|hope) (left )?(to|in|for) (live|living|keep going|
        going on|go on|wake up|continue|being here|being alive|wake|me|keep living|staying)( anymore)?
    (nothing|anything) (left )?to live for
    life (isnt|is not|aint|not|no longer) worth
    not worth living
    whats the point (of|in) (living|life|anything|being|going|it all|trying)
    theres no point anymore
    no point anymore
    no way out( of this)?
    given up on (life|everything|living)
    (cant|cannot|dont think i can|not sure i can|dont know if i can|cant keep) (go on|take it anymore|
        do this anymore|live like this|keep going|keep living|keep doing this|do life|take this anymore|hold on|
        cope anymore|handle (life|living)|live anymore|going on|do it anymore|carry on|stay alive|
        make it through (the|this|to)? ?(night|another|day|tomorrow|week))
    (wont|dont|not going to|not gonna|will not|wouldnt|never) (\\S+ )?(need|be needing|needing) (it|this|that|one|
        an appointment|the appointment|any of this|anything|you|yall|a doctor|them|appointment|
        any appointment)? ?(anymore )?(after|by|come|where) (tonight|today|tomorrow|this|that|friday|sunday|monday|
        im going|i do|next)
    (wont|not going to|not gonna|dont plan (to|on)|might not|may not|dont think ill|dont expect to|
        probably wont) (\\S+ )?(be |being )?(here|around|alive|living|with us|exist) (to|by|for|tomorrow|next|much|
        anymore|long|after|come|in|then|that|when|monday|tuesday|wednesday|thursday|friday|saturday|sunday)
    where im going (i )?(wont|dont)
    after tonight (it|i|none|nothing|you|everything) ~4(matter|wont|over|be|need|gone|worry)?
    (wont|not going to|doesnt|none of (it|this) (will|is going to)) matter (soon|after|tomorrow|by|anymore|
        much longer)
    my last (day|night|text|message)( on| here| ever)?
    tonight is my last
    this is (goodbye|my goodbye|it for me)
    (said|saying|say|writing|wrote|written|leaving) (\\S+ )?(goodbyes?|note|suicide note|letters?) (to|for|goodbye|
        already|tonight)
    goodbye (forever|world|cruel|for good|everyone)
    (i )?(have|got|have a|holding|with|saved up|stashed|counting|bought|saving|loaded|pills|gun) ~3(gun|pills|rope|
        razor|bridge|noose|stockpile|saved|loaded|bottle) ~6(ready|tonight|enough|counted|saved|use|do it|end|out|
        saved up|hand|lap|head|here|next to me|beside me|life)
    (jump|jumping) (off|from|in front)
    slit (my|his|her)
    driving (my car )?(into|off)
    step(ping)? in front of
    overpass
    take all (of )?(my|the) (pills|meds)
    (thoughts?|thinking|think|plan|planning|urge|urges) (of|about|on|to|a lot about) ~2(dying|death|suicide|hurting|
        killing|ending|harming|die|kill|end it|crashing)
    (no|ya no|ya) (quiero|kiero|tengo ganas de|deseo|vale la pena|puedo) (\\S+ )?(vivir|seguir viviendo|estar aqui|
        despertar|seguir aqui|existir|seguir con vida|estar vivo|estar viva|seguir mas|mas con esto|
        estar en este mundo|seguir asi)
    (quiero|kiero|quisiera|prefiero|deseo|ganas de|mejor|pensando en|voy a|ojala|me voy a|
        pienso en) (\\S+ )?(morir(me)?|matar(me)?|quitarme la vida|estar muert[oa]|suicid\\w+|desaparecer|
        no despertar|me muera|hacerme dano|lastimarme|cortarme|terminar con todo|acabar con todo|
        dormir y no despertar|muert[oa])
    me (quiero|voy a|quisiera|pienso|kiero) (morir|matar|cortar|suicidar|quitar la vida|lastimar|hacer dano|colgar|
        ahorcar)
    quitarme la vida
    acabar con mi vida
    terminar con mi vida
    hacerme dano
    matarme
    cortarme las venas
    (nadie|todos|mi familia|mis hijos) ~4(extranar\\w*|importa si|mejor sin mi|notar\\w*|echar\\w* de menos)
    cansad[oa] de (vivir|la vida|existir)
    ya no aguanto (mas|la vida|vivir)?
    no le veo (sentido|caso) a (la vida|vivir|nada)
    sin ganas de vivir
    no tengo (ganas de|razones? para|motivos? para) vivir
    despues de (hoy|esta noche) ya no
    ya no (lo |la |me |voy a |los )*(voy a necesitar|necesitare|necesito|hara falta) ~2(despues de|manana)
    """

_OTHERS = """
    (want|wants|going|gonna|might|come|coming|go|down there and|there and|gun and|about|afraid ill|scared ill|
        scared im going|wanna|ready|could|feel like|thinking about|thinking of|threatening|threatened|
        says hes going|will|tried|trying|swear ill|ill) (to |and |over and |over there and |down there and |
        there and |in and |up there and )*(hurt|hurting|kill|killing|hit|shoot|shooting|stab|stabbing|harm|harming|
        shake|shaking|strangle|smother|smothering|beat|drown|attack|choke) (my|the|him|her|them|someone|somebody|
        this|our|baby|kid|you all|you|people|everyone|everybody|yall|us|me|his|it|one of you|whoever|anyone|all of|
        every|each|that|a bunch|who)
    (he|she|hes|shes|theyre|they are|who|whos|husband|boyfriend|partner|ex|dad|mom|wife|son|girlfriend|guy|man|
        father|stepdad|brother|they|neighbor|roommate) (\\S+ )?(just |keeps |is |was |started |has been |has |
        still |wont stop )*(hit|hits|hitting|beat|beats|beating|choked|chokes|choking|threatened|threatens|
        threatening|hurting|hurt|punched|punching|attacked|attacking|strangled|abusing|raped|slapped|slapping|
        pushed|kicked|stabbed|shot|pulled (a )?(gun|knife)) (on )?(me|us|my|her|him|the kids|the baby|at me|to kill|
        to hurt)
    (has|have|with|got|pulled|pulling|holding|bringing|bring) (a |his |her |my |the )(gun|knife|weapon|machete|
        bat) (on|at|to|and|in|with|outside)
    dont feel safe
    not safe (at|here|with|in|to|right|anymore)
    afraid (for|of) my (life|husband|boyfriend|ex|partner|safety)
    fear for my (life|safety)
    (going|gonna|will|threatened|threatening|wants|trying|says he will|says hell|hell|tried) to (kill|hurt|shoot|
        stab) (me|us|him|her)
    hell kill (me|us|him|her)
    being (abused|beaten|attacked|held|stalked|followed|raped)
    domestic violence
    (been|was|got|just) (raped|stabbed|shot|sexually assaulted|assaulted|molested|attacked|beaten|jumped|mugged)
    someone is (breaking|trying to break) in
    gunshot
    (there is|theres) (a|an) (shooter|gunman)
    (me|nos|le|la|lo) (esta |sigue |acaba de |quiere |va a |volvio a )*(peg(o|a|ando|ar)|golpe(o|a|ando|ar)|
        amenaz(o|a|ando|ar)|mat(ar|ando|a)|viol(o|ando|ar)|lastim(a|o|ando)|apunal\\w+|ahorc\\w+|estrangul\\w+)
    tiene (una? )?(pistola|cuchillo|arma|machete)
    (tengo miedo de|miedo por) (mi vida|que me|mi esposo|mi marido|el|mi pareja)
    no estoy a salvo
    no me siento segur[oa] (en|con|aqui)
    violencia domestica
    quiero (matar|lastimar|hacerle dano|hacer dano|ahorcar|golpear) a
    lo voy a matar
    la voy a matar
    los voy a matar
    """

_CLAIM = """
    (this|its|it|i|im|we|were|an|a|the|es|medical|dental|my|having|have|real|actual|true|una|tengo|big|is|life|en|
        urgent) (is |are |having |have |an |a |una |in |real |medical |dental |actual |kind of |kinda |sort of |
        tengo |un |serious |bit of |total |urgent |huge )*(emergency|emergencia|emergensia|emergancy)
    ^(emergency|emergencia|emergensia|emergancy|911|urgencia medica|medical emergency|sos)
    (emergency|emergencia)$
    emergency (please|help|now|here|right|call|need)
    emergencia (por favor|ayuda|llamen|medica)
    (call|calling|called|dial|dialing|need|needs|get|send|llamen?|llamar|llame|llamo) (me |an |a |al |the |un |una |
        for |to )*(911|988|ambulance|ambulancia|paramedics)
    help me (im )?(dying|hurt|bleeding)
    (im|shes|hes|he is|she is|he|she|think im|think hes|think shes|feel like im|might be|baby is|FAMILY is|estoy|
        se esta|me estoy|me esta) (\\S+ )?(actually |literally |really )?(dying|muriendo|going to die right now)
    (me|se) (estoy|esta|nos esta) muriendo
    life or death
    vida o muerte
    911
    988
    """

DANGER = (
    Row(
        intent=Intent.URGENT,
        certainty="sure",
        name="harm to oneself",
        when=says(_SELF),
        aside=_ASIDE,
        unless=_HELD_BACK,
        examples=such_as(
            """
            i keep thinking about ending my life
            Nobody would even notice if I was gone
            no need to reschedule, I won't be alive next week anyway
            lol sometimes I just want to die, anyway is tuesday free
            my family would be better off without me
            I can't do this anymore, I just want it over
            ya no quiero vivir
            me quiero morir doctora
            my daughter is cutting herself in the bathroom
            """
        ),
    ),
    Row(
        intent=Intent.URGENT,
        certainty="sure",
        name="harm between people",
        when=says(_OTHERS),
        aside=_ASIDE,
        unless=_HELD_BACK,
        examples=such_as(
            """
            my husband hit me and I'm scared to go home
            im afraid i might hurt the baby
            he has a gun and he's outside
            mi esposo me está golpeando
            I don't feel safe at home
            """
        ),
    ),
    Row(
        intent=Intent.URGENT,
        certainty="sure",
        name="danger sign",
        when=says(_BODY),
        aside=_ASIDE,
        unless=_HELD_BACK,
        examples=such_as(
            """
            I have chest pain
            chest feels really tight since breakfast, can i still come friday
            can't breathe, stop texting
            my mother's mouth is hanging crooked... her left arm went numb and her speech is weird
            shes unconscious on the kitchen floor
            my toddler just drank some bleach
            took way too many pills by accident
            me duele mucho el pecho
            mi bebé de 3 semanas tiene fiebre
            no puedo respirar bien
            im 30 weeks and bleeding
            I hit my head yesterday and I keep throwing up
            my tongue is swelling after that new antibiotic
            He fainted twice this morning
            temp of 103 and her neck is so stiff
            can't see out of my left eye all of a sudden
            """
        ),
    ),
    Row(
        intent=Intent.URGENT,
        certainty="likely",
        name="says it is an emergency",
        when=says(_CLAIM),
        aside=_ASIDE,
        unless=_HELD_BACK,
        examples=such_as(
            """
            Es una emergencia
            this is an emergency, please answer
            should I call 911?
            EMERGENCY
            I think I'm dying
            """
        ),
    ),
)

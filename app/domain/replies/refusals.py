"""Not for me: the wrong person at this phone, and the right person who does not want the visit."""

from app.domain.replies.reading import Intent
from app.domain.replies.rows import Row, alone, begins, politely, says, such_as

_WRONG_NUMBER = """
    wrong (number|person|phone|phone number|guy|lady|girl|man|woman|dude|contact|individual|human|one|cell|
        recipient|party|number buddy|people|kid|patient|mary|#|\\S+ number)
    rong number
    (not|isnt|aint|wasnt|no longer|never was|never) (the )?(right|correct) (number|person|phone|one|contact|
        individual|guy|lady)
    incorrect (number|person|phone)
    (mistaken|mixed up) (the )?(number|identity)
    case of mistaken
    (number|digits) (is |are )?(mixed up|off by|one digit)
    (isnt|not|no longer|aint|no es|wasnt|never been|never was|never) (her|his|their|hers|the|ana|\\S+s|
        my \\S+s) (number|phone|cell|line|phone number|numero)( anymore)?
    (number|phone|cell|line) (is |was |has )?(now |no longer |not |isnt |been |dont |doesnt )*(belongs?|belonged|
        reassigned|hers|his|theirs|assigned to|mine now|recycled|changed hands|belonging|used to belong|
        used to be)( to)?
    (just |recently |i |we |only )*(got|get|have|had|bought|received|was given|given|inherited|having) (this|a new|
        the|new) (number|phone|cell|sim|phone number|line) (\\S+ )?(last|recently|from|for|a|two|three|new|
        yesterday|this|today|about|week|month|and|\\d+|years|since)
    new (owner|number who|phone who|person) ~3
    (im |this is )?(the )?new owner
    (this is |its |i have )?a new number( now)? (for|and|not|she|he|belongs)
    recycled number
    who (dis|this) new phone
    new phone who (dis|this|is this)
    (no|not|nobody|noone|no one|isnt|aint|isnt any|never been) (a |an |any |anyone |anybody |one |
        person )*(\\S+ )?(here|lives here|at this (number|address|phone|house)|on this (number|phone|line)|
        living here|with (this|that) (number|name)|uses this (number|phone))$
    (no ?one|nobody|anyone|anybody|no person|someone|somebody) (here |at this number |in this house |in my (house|
        family|household) )*(by|named|called|with|goes by|of) (that name|the name|that|ana|this name|\\S+)( here)?
    (dont|do not|doesnt|didnt|never|not) (even |really |personally )*(know|heard of|met|recognize|know of) (any|an|
        a|no|who|anyone|anybody|this person|that person|her|him|them|the person|someone|ana|nobody|this \\S+|
        that \\S+)( named| called| you are looking for| ana| you| that is| by that name)?$
    (dont|do not|never) (know|met|heard of) (any |an |a |anyone |anybody |who |no |someone |of )+\\S+( is| that is|
         here| named \\S+)?$
    (dont|do not|never) know (any|an|a|anyone|anybody|who|no|someone) ~4(named|called|is|by that name|
        youre (talking|looking)|you are (talking|looking)|you mean|you want|you think)
    \\S+ (doesnt|no longer|dont|does not|isnt) (have|has|use|uses|own|owns|at|on|using) (this|at this) (number|
        phone|line|cell)( anymore)?
    (isnt|not|no longer|aint) (on|at|using|with|reachable at|available at) this (phone|number|line)( anymore)?
    you( have)? reached (?!out|my limit)~1(not|instead|and|$)?
    you(ve)? (have )?reached (?!out)\\S+
    (he|she|they|ana|FAMILY|that person|person) (doesnt|dont|no longer|does not|isnt|is not|hasnt|no) (have|has|use|
        uses|own|owns|live|lives|work|works|had|reachable|at|on|longer (has|uses|have|lives|works)) (this|here|with|
        at|a phone|that|there|in this)
    (he|she|ana|my FAMILY|FAMILY|the person|this person|this patient|patient|\\S+) (has |just |sadly |
        unfortunately |recently |already |had |is |was )*(passed away|passed on|deceased|no longer (with us|alive|
        living)|departed|dead now|has passed|died (last|in|on|a|two|this|recently|yesterday|from|\\d+|of|already|
        months|weeks|years)|(passed) (last|in|on|a|two|this|\\d+|recently|yesterday))
    (he|she|FAMILY|ana|patient) (died|passed)$
    (ella|el|FAMILY|mi \\S+|senora?|ana) (ya |se )*(fallecio|murio|ha fallecido|esta muert[oa])
    fallecio
    fallecid[oa]
    (i )?(never|didnt|dont (remember|recall)|did not|havent|not|dont think i|have not|have never|
        no recuerdo) (ever |even |actually |a |have )*(signed? up|signing up|request\\w*|ask(ed|ing)?|filled|fill|
        filling|appl\\w+|submit\\w*|inquir\\w*|enquir\\w*|contact\\w*|reach(ed)? out|reaching out|register\\w*|gave|
        give|giving|enroll\\w*|sent|send|subscrib\\w+|made (a|an|any|this|that)|make (a|an|any|this|that)|
        schedul\\w+|book\\w*|opted in|been to|heard of|visit\\w*|call\\w*|place[d]?|put in|fill(ed)? out|request|
        want|wanted|order\\w*) ?(to |for |out |in |up |you |yall |with |it |of )*(a |an |any |anything |this |that |
        your |nothing |my |the |these |information |info |it |such |no )*(request|form|appointment|number|you|yall|
        clinic|this|that|info|information|anything|it|here|forms|quote|consult|visit|inquiry|place|website|company|
        thing|from you|with you|for it|for this|with yall|with your|up|online|out)
    (never|didnt|did not) (sign|signed) up
    (wasnt|not) me( who| that)?
    (it|that|this) (wasnt|was not|isnt|not) (me|i|mine|my (request|name|form|account))
    not (my|mine) (name|request|doing|appointment|form)
    isnt my name
    my name (isnt|is not|aint)
    someone (else )?(used|put|gave|entered|must have|probably|mustve|has been using|is using|typed|wrote|is giving|
        filled|signed|may have|listed|put down) ~3(number|phone|name|wrong|up|me|info)
    (this|it|that|must|gotta|there|got to|has to|have|got|probably|think|you|i|was|sent|texted|text|message|
        sent this) (must |has to |is |to |made |have |be |been |was |me |came |come |got |this )*(a |an |by |
        in )?(mistake|error|mix up|mixup)
    (think|meant|intended|guess|mean|supposed|believe|must be|meaning|trying to reach|text|sent|contact|reach|
        reached|reaching|texting|texted|try|confusing|mistaking|mistaken|confused|want|wanted|searching|messaging|
        for|reached) (this |that |it |you |u |is |was |me |to |are |want |be |youre |for |reach |looking |a |
        message |messages |with |wanted |have |meant |might |text |had |got |i |think |were |go |texting |talking |
        sent |this )*(someone|somebody|some one|another|a different|some other|diff) ?(else|person|patient|number|
        different|body|guy|lady|\\S+)?
    not (the )?(person|one|lady|guy|woman|man|individual|patient|girl|\\S+|who|same person|same guy|
        same \\S+) (that )?(you|your|youre|u|yall|ur)( are| want| think| looking| need| after| seek| here)?
    im not (her|him|them|that person|the person|the patient|the one|she|he|that|this person|who you)
    not who you
    not (ana|her|him)$
    you have me confused
    confused with (someone|somebody|another)
    (texting|reached|contacting|messaging|bothering|got|getting|contacted|text|have|calling) (a |the |some |an |
        total |complete )*(stranger|random person|business|wrong|store|restaurant|school|office|church|company|
        random number|landline|work phone|plumber|plumbing company)
    (this|its|number|phone|here) (is |here )?(a |an |my |the |for )*(\\S+ )?(business|work (phone|number|cell)|
        company phone|company|landline|pizza|restaurant|store|school|daycare|church|barbershop|salon|garage|
        office phone|hotel|law office|business line|warehouse|funeral home)( not a| number| phone| line)?( \\S+)?$
    im a (man|guy|dude|male|woman|teenager|minor|kid) (and|not|lol|so|i)
    i (dont|do not) live (in|there|anywhere near|near) ~3
    not (my|our) (clinic|doctor) (and i|i dont)
    (sold|gave up|had) (this|that|my old) (phone|number) to
    (numero|persona|telefono|cel|celular) (equivocad[oa]|incorrect[oa]|erroneo|errad[oa]|mal)
    (se |te |creo que se |me parece que se |estan? |esta )+(equivoc\\w+|confund\\w+)( de| con)?
    equivocad[oa]$
    equivocad[oa] de ~1(numero|persona|telefono)
    no es (el|la|mi) (numero|persona|celular|telefono|nombre) (correct[oa]|indicad[oa]|de (ella|el|esa|ese|\\S+)|
        que busca\\w*|ya)?
    (este|ese|el) ((numero|celular|telefono|cel|tel) )?(ya )?(no es|no pertenece|ya no es|es de|es de otra|
        es de otro|ahora es|pertenece|lo tiene|ya es de) ~4(numero|persona|telefono|ella|el|de|a|suyo|celular|dueno|
        duena)
    no soy (la |el |esa |ese )?(persona|yo|quien|paciente|senora?|que busca|~1$)( que)?
    (yo )?no (me llamo|soy esa|conozco a (nadie|ningun\\w*|esa|ese|\\S+)|conozco ningun\\w* \\S+|la conozco|
        lo conozco|se quien es (esa|ese|ella|el|\\S+)|vive (aqui|nadie|ninguna|ningun))
    (aqui|aca) no (vive|hay|es|trabaja|esta|se encuentra|conocemos)
    no (hay|vive|esta|existe|tengo|trabaja) (ningun\\w*|nadie) ~4(aqui|aca|llamad[oa]|con ese nombre|numero)?
    ya no (vive|tiene|usa|es|trabaja|pertenece|esta) (ella |el |aqui |mas |de )*(aqui|este numero|este telefono|
        este celular|su numero|el numero|en este numero|con este numero|de|su telefono|este)
    (acabo de|apenas|recien) (comprar|obtener|tengo|adquirir|agarre|me dieron|estrenar|tener) (este|el|
        un) ~2(numero|telefono|celular)
    (tengo|me dieron|es) (un |este )?numero (nuevo|hace)
    (nuevo dueno|nueva duena)
    (yo )?(no|nunca|jamas) (he |hemos |les |los |ni |yo |me |lo |hice |la )*(pedi(do|mos)?|solicit\\w+|llen[eo]|
        agend[eo]|registr\\w+|inscrib\\w+|apunt\\w+|contact\\w+|di mi|dado mi|mande|envie|hice (ninguna|esa|una|un|
        ningun|cita)|hecho (ninguna|una|cita|nada)|ped[ii] (nada|esto|cita|informacion)) ?(nada|esto|eso|cita|
        ninguna|ningun|informacion|una|formulario|cita|en|con|a|solicitud|mi numero|el)?
    no fui yo
    yo no fui
    (alguien|otra persona) (uso|puso|dio|dio mi|debio|escribio|lleno|anoto) ~2(numero|mal)
    (buscan?|busca) a (otra persona|alguien mas|otr[oa])
    es (un|otro) (error|numero)$
    debe ser (un )?error
    (mensaje|texto) (es )?para (otra persona|alguien mas)
    (es|soy) otra persona
"""

_NOT_HERE = """
    (i |they |we |you guys |my \\S+ |he |she |system |must have |mightve )+(gave|put|typed|entered|wrote|dialed|
        called|filled|submitted|picked|clicked|chose|selected|accidentally|mistakenly|have|had|listed|used|went to|
        came to|might have|may have) (you |in |down |out |put |the |my |a |an |your |it |on |typed |wrote |given |
        given you )*(wrong|incorrect)( phone)?( number)?( on| in| for| the| when| before| last)?
    wrong (date|day|time|link|email|address|location|office|insurance|birthday|dob|form|spelling|page|name on|zip|
        month|week|button|box|prescription|medicine|diagnosis|side|tooth|knee|way|info|information|with|doctor)
    (whats|what is|anything|something|nothing|is it|is that) wrong
    (my|i have a|got a|new|changed my|cambie de|mi|tengo) (new|nuevo|numero nuevo|number|numero) ~1(is|es|number|
        phone|use|usen|por favor)
    (mistake|error) (on|in|with) (my|the) (bill|chart|form|name|insurance|date|appointment|records|dates?)
    (never|didnt|havent|did not|have not|not|dont remember) (got|get|gotten|received|receive|hear|heard|heard back|
        finish|been (called|contacted)) ~4
    (didnt|not|never) (schedule|book|make|booked|made|scheduled) (it|one|anything|mine|my (appointment|visit|
        cleaning)|an appointment|yet|that|the) (yet|because|since|but|cause|so|due)
"""

REFUSALS = (
    Row(
        intent=Intent.WRONG_NUMBER,
        certainty="sure",
        name="wrong number",
        when=politely(
            """
            ((i think |im afraid |looks like |pretty sure )?(you|u|yall|ya) (have|got|have got|texted|reached|
                dialed)? ?(the |a )?|this is (the |a )?|its (the |a )?|i think (you|u) (have|got) (the )?|
                thats the |the |u )?wrong (number|person|phone|phone number)
            not me
            (tiene el |este es el |es |se equivoco de |tiene |tienen el )?(numero|persona) (equivocad[oa]|
                incorrect[oa])
            equivocado
            se equivoco( de (numero|persona))?
            """
        ),
        examples=such_as(
            """
            Wrong number
            sorry wrong number
            You have the wrong person.
            Número equivocado
            not me
            se equivocó de número
            """
        ),
    ),
    Row(
        intent=Intent.WRONG_NUMBER,
        certainty="likely",
        name="another person at this phone",
        when=says(_WRONG_NUMBER),
        aside=says(_NOT_HERE),
        unless=says(
            """
            how did you get, who (are|is) (you|this), can i still, do you, are you, how much, stroke
            (her|his) (number|phone|new number) is, (new|right|correct|her|his|better) number (is|to reach)
            """
        ),
        examples=such_as(
            """
            I think you have the wrong number, I never asked for this
            there's nobody named Peter at this phone
            I bought this phone last week, the number belonged to somebody else
            She passed away in March
            I never filled out any form with you
            yo no pedí ninguna cita
            aquí no vive esa señora
            u must be looking for someone else
            """
        ),
    ),
    Row(
        intent=Intent.WRONG_NUMBER,
        certainty="likely",
        name="is not that name",
        when=alone(
            """
            (sorry |hi |um |no |hey )*(im not|this isnt|its not|this is not|not|no soy|no me llamo|este no es|
                esta no es|my name isnt|my names not|this aint|aint) (?!(NO_NAME)(?!\\S))([a-z]{3,})( sorry| lol|
                 here| thanks| anymore| perdon| disculpe| gracias| anymore sorry)*
            (sorry |hi |um |no )*(theres no|no|there is no|no hay) (?!(NO_NAME)(?!\\S))[a-z]{3,} (here|aqui)( sorry|
                 thanks)*
            """
        ),
        unless=says("not \\S+(ed|ing|ly|able|ent|ful|ble), at all, \\?, no \\S+ing here"),
        examples=such_as(
            """
            I'm not Maria
            this isn't Robert
            No soy Carmen
            no Jessica here sorry
            """
        ),
    ),
    Row(
        intent=Intent.OTHER,
        certainty="unsure",
        name="undecided or later",
        when=says(
            """
            (not|im not|still not|isnt|aint|no estoy|un|not really) (entirely |totally |quite |completely |100 |so |
                too |really )*(sure|certain|decided|segur[oa])( yet| if| about)?
            (let me|need to|have to|gotta|ill|i will|want to|gonna|going to|i should|still|got to|id like to|
                id need to|will have to|ill have to|would have to|i must|need some time to|need time to|
                give me time to|giving it|dejeme|dejame|dejenme|deje me|tengo que|necesito|voy a|quiero|lo) (just |
                probably |first |still |quickly |go |also |talk it over and |need to )*(think|check|ask|talk (to|
                with|it over)|discuss|look at|look over|look into|see (if|what|how|my|when)|figure|decide|consult|
                run it|sleep on|consider|mull|thinking|pensar\\w*|preguntar\\w*|consultar\\w*|checar|revisar|
                ver (si|con|mi|que|como|cuando)|hablar\\w* con (mi|mis)|platicar\\w* con|pienso|decidir)(?! (your|
                the) (doctor|nurse|hours|office))
            (get|getting|circle|come) back (to|with) (you|yall|u|ya)( later| soon)?
            (ill|i will|will|going to|can i|let me|gonna) (let (you|u|yall) know|be in touch|reach out|hit you up|
                follow up|keep you posted|update you|text you|message you|write you|holler)( later| soon| when|
                 once| if| after| tomorrow)?
            ill (let (you|ya)|get|be in touch|text|reach)
            i let (you|u) know
            (les|le|te) (aviso|avisare|confirmo despues|digo|llamo|escribo|hablo|marco|contesto|confirmo luego|
                respondo)( luego| despues| manana| mas tarde)?
            (luego|despues|al rato|mas tarde) (les|le|te) (aviso|digo|confirmo|hablo|escribo|marco|llamo|contesto)
            lo (pienso|pensare|voy a pensar|estoy pensando|consulto)
            on the fence
            undecided
            50 50
            still (thinking|deciding|debating|considering|comparing|looking at|shopping)
            haven?t (decided|made up)
            thinking about it
            debating
            thinking it over
            up in the air
            torn
            (text|message|remind|contact|reach out to|check (in|back)|follow up|ask|try|write|hit|ping|touch base|
                get back|circle back|check back|reach out|try again|talk|recuerd\\w+|escrib\\w+|mand\\w+|
                contact\\w+|busqu\\w+|avis\\w+) ?(me |us |with me |back |up |again |in |to me |to |at |mensaje |
                un mensaje |me |my |otra vez |de nuevo )*(in (a|an|\\d+|one|two|three|few|couple|the)|next (week|
                month|year|time|spring|summer|fall)|later|after (the|my|i|christmas|thanksgiving|new|this|MONTH|
                easter|labor|payday|school)|again (in|next|after|later)|tomorrow|on (DAY)|monday|MONTH|in (MONTH)|
                when i|once i|another (day|time)|el lunes|manana|en (un|una|dos|tres|\\d|unos|unas|MONTH)|
                la (proxima|otra) (semana)|el (proximo|otro) mes|mas tarde|luego|despues|cuando|tonight|
                this (evening|weekend))
            (maybe|perhaps|possibly|potentially|hmm+|hm+|idk|dunno|i dont know|i dont know yet|not decided|quiza|
                quizas|tal vez|a lo mejor|no se|no lo se|we will see|well see|ya veremos|a ver|depends|it depends|
                depende|vamos a ver|puede ser)$
            maybe (ill|i will|i should|we should|i might)
            might (come|book|call|do)
            (busy|in a meeting|driving|at work|working|swamped|tied up|in class|ocupad[oa]|manejando|
                trabajando) (right now|at the moment|now|atm|ahorita|ahora|rn)?( ill| will| text| talk|
                 call)?( you)?( later)?$
            hold on
            one (sec|second|moment|minute)
            un momento
            just a (sec|minute|second|moment)
            brb
            give me (a|some|\\d) (sec|second|minute|min|few|day|days|moment|week|time)
            (dont|do not|no|never|not|quit|avoid|rather not|please no|stop|nada de|no me|sin) ~1(text|message|
                texts?|texting|messages|messaging|send|sending|write|contact|bother|reach out|mensajes?|textos?|
                manden|mande|escriban?|molesten|texteen|contacten|envien) ~3(after|before|during|while|past|
                at (night|work|this|that|\\d|all hours)|on (DAY|weekends)|so (early|late|often)|this (early|late)|
                between|until|despues|antes|durante|en la (noche|madrugada)|tan (tarde|temprano|noche)|mientras|
                de noche|when|too (early|late|many)|every)
            (fewer|less|menos|too many|so many) (TEXTS)
            (only|just|you can|better to|prefer|please|rather|can you|solo|mejor) (text|texting|message|mensajes|
                texto)( me)?( only| instead| please| is better| is best)?$
            (text|texting|texts) (is|are|works) (best|better|fine|ok|okay|easier|good)( for me)?
            (stop|quit|dont|no|please dont|no more) (calling|call|calls|phone calls)( me)?( so much| please| just|
                 and| only| at work)? ?(text|texting|texts|message|messages)?
            """
        ),
        unless=says(
            """
            \\?
            no thanks
            not interested
            (?<!just )call me
            DAY (at|works|is|morning|afternoon|would|around)
            stop text
            wrong number
            link
            how much
            do you
            work for me
            works for me
            reschedule
            if you (have|take|accept)
            dont need
            """
        ),
        examples=such_as(
            """
            not sure yet
            let me check with my wife first
            remind me in a few weeks
            i'll get back to you
            text me after Christmas
            déjeme pensarlo
            le aviso luego
            stop calling, just text me
            """
        ),
    ),
    Row(
        intent=Intent.DECLINE,
        certainty="sure",
        name="no",
        when=politely(
            """
            no
            n
            nope
            nah
            naw
            no way
            hell no
            heck no
            no maam
            no sir
            hard pass
            hard no
            a hard no
            thats a (hard )?no
            its a no
            no its ok
            no its okay
            no thats ok
            no thats okay
            no im (good|ok|okay|fine|all set)
            nah im (good|ok|okay|all set)
            (im )?all set
            absolutely not
            definitely not
            no thank u
            no ty
            not for me
            its not for me
            (i )?decline
            declined
            ill pass
            i pass
            pass
            i will pass
            ill have to pass
            no need
            no need anymore
            (no )?(im |were |i am |not |still )*not interested( anymore| at this time| at all| in this| right now|
                 any longer)?
            (no )?(im )?no longer (needed|interested|necessary|looking|needing (it|this|an appointment))
            (i )?no longer (need|want) (it|this|an appointment|the appointment|this appointment|your services)
            not anymore
            never mind
            (i have |i )?changed (my|our) mind
            not needed
            i dont want (it|this|an appointment)
            i dont need (it|this|an appointment)( anymore)?
            thumbsdown
            negative
            no deal
            not at this time
            not right now
            not now
            maybe later
            maybe another time
            some other time
            another time
            (ya )?no (me|nos) interesa(n)?( gracias)?
            (ya )?no estoy interesad[oa]
            ya no
            no por ahora
            por ahora no
            ahora no
            ahorita no
            por el momento no
            no por el momento
            no gracias
            no quiero
            no deseo
            no la quiero
            no hace falta
            ya no (lo |la )?(necesito|quiero|ocupo)
            cambie de (opinion|parecer|idea)
            claro que no
            para nada
            no es necesario
            no necesito
            nel
            en otra ocasion
            tal vez (luego|despues|mas adelante|mas tarde)
            quizas (luego|despues|mas adelante|mas tarde)
            mas adelante
            """
        ),
        examples=such_as(
            """
            No
            no no no
            No, gracias
            Not interested
            N
            nope thanks
            No thank you, have a good day
            changed my mind sorry
            ya no la necesito gracias
            👎
            nooooo
            """
        ),
    ),
    Row(
        intent=Intent.DECLINE,
        certainty="likely",
        name="refuses or has another",
        when=says(
            """
            (not|no longer|isnt|arent|aint|wasnt|never was|dont think im|not really|lost|havent any|
                no) (\\S+ )?(interested|interest)( in| anymore)?
            (no longer|dont|do not|wont|not going to|not gonna|didnt|doesnt|no) (really |even |actually |think i |
                think ill |think we |think i will |be |currently |have a |feel i |believe i )*(need|needing|want|
                wanting|require|care for|have any need for|need for|looking for) (it|this|that|one|an?|the|any|
                anything|your|you|yall|to (come|see|book|schedule|go|be seen|make|do|proceed|move|continue|pursue)|
                them|appointment|help|these|services?|anymore|visit|at this time|right now|another|me)
            (booked|scheduled|appointment|going|went|seeing) ~6(instead|across town|closer to (home|me|us|my house))
            (cant|wont) (be able to )?(do|go through with|proceed with|move forward with) (this|it) (after all|anymore)
            (changed|change) (my|our) mind
            had a change of heart
            second thoughts
            decided (against|not to|to (go|stay|wait|hold|use|see|skip|pass|stick|try|do|just|put|
                cancel my request)|on (another|a different|someone)|its not|i dont|i wont)
            (ill|im going to|gonna|going to|i will|have to|i think ill|rather|well|were going to|think im gonna|
                ill have to|we will) (\\S+ )?(pass|decline|skip|sit this|hold off|opt for|wait on this|hold out|
                pass on|put (this|it) off)( on| this)?
            count me out
            im out$
            out of the question
            no (appointment|visit|need|further|consult|cita) (is )?(necessary|needed|required|for|to|anymore|please)
            (went|going|gone|go|stay|staying|stick|sticking|decided|chose|choosing|picked|switching|switched|
                signed up|move|moving forward|moved forward) (with|to|for|on) (a |an |the |my |our |some |
                )*(another|different|someone|somebody|other|my|our|regular|old|current|competitor|closer|cheaper|
                somewhere|elsewhere|place|urgent care|primary|pcp|in network|one|kaiser|walgreens|va|\\S+ clinic|
                \\S+ dental)
            (found|got|have|using|see|seeing|saw|found|getting|use|getting in with|got in with|going to see|hired|
                picked|selected|chose|booked|scheduled|made an appointment|made one|made appointment|have one|
                appointment|set up|signed up|signed on|set|taken care of|treated|seen|got it done|got in|
                took care of (it|this)|helped|being seen|will be seen|visit|went|go|been|get this done|
                got an appointment|was seen|covered) (it |her |him |in |me |up |us |with |at |by |to |a |an |
                already |this |care |help |out |through |done |an appointment |something |my |one |us in )*(another|
                elsewhere|somewhere (else|closer|cheaper|nearer)|someone (else|closer|cheaper|near|local|in network|
                in my|already)|somebody (else|closer)|different|(a |some )?(other|closer|cheaper|new|nearer|better|
                local|great|good) ?(\\S+ )?(DOCTOR|one|place)|another|(a|my|our) (regular|own|usual|current|family|
                old|local|primary)|urgent care|walk in|competitor|minute clinic|the va|kaiser|pcp|one already|
                a place|in another|across town|down the street|close to (home|my|me|us)|closer to (home|me|us|my|
                work))
            (already|i|we|ya|currently|she|he|do) (\\S+ )?(have|has|got|see|use|found|tengo|tenemos) (a |an |my |
                our |un |una |mi |one |own |great |good |new |regular |primary |another |someone |
                somebody )*(DOCTOR|someone|somebody|one elsewhere|provider i like|guy|pcp|primary|chiropractor|
                gynecologist|ob|obgyn|pediatrician|orthodontist|care team)(?! (appointment|visit|question|in|
                at your|there|referral|note|bill))( already| elsewhere| now| i (like|love|see|go)| thanks| that|
                 closer| for| in| who| thank)?$
            (too|so|way too|very|super|a bit|little|kinda|kind of|bit) (expensive|far|pricey|much (money|for me)|
                costly|steep|long of a drive|long a drive|rich for|high|inconvenient|far away|long a wait)
            too much$
            (cant|cannot|couldnt|not able to|no way i can|dont think i can|unable to) (really |possibly |currently |
                justify |even )*(afford|swing it|pay (that|for|this)|spend|justify)( it| this| that| right now| to)?
            out of (my |our |the )?(budget|price range|network for me|reach|my price|state now)( so)?
            dont have (the |any |that kind of |enough )?(money|funds|budget|cash)( for| right| to| at)?
            price is (too )?(high|steep|insane)
            (thats|its) (a lot|crazy|insane|ridiculous) (of money|for|money|expensive)
            insurance (doesnt|does not|wont|didnt|not|isnt) (cover|accept|pay|accepted|covering) ~3(so|forget|never|
                nevermind|ill|no|pass|thanks|wont)
            (moved|relocated|moving|relocating) (\\S+ )?(away|out of (state|the area|the state|the city|country|
                town)|to (another|a different|a new|\\S+)|states|cities|cross country|too far)( now| last| so| and|
                 in)?
            (i|we|im|were|now) (now |am |are )?(live|living|moved) (in another|out of state|in a different|too far|
                far away|hours away|across the country)
            no longer (live|in|local|living|a patient|reside|staying) ?(in |near |around |here |there |the |local )*
            (not|maybe|perhaps|another|some other|later|quizas?|tal vez|probably|possibly|soft no|not until|prefer|
                wait until|wait till|hold off until) (right now|now|at this time|this time|at the moment|
                at this moment|today|yet|later|next (year|month|time|summer|spring|fall|winter)|another (time|day|
                month|year)|some other (time|day)|in the (future|new year|spring|summer|fall)|down the (road|line)|
                this (year|month)|ready( yet)?|for now|some ?day|one day|after (the|new|christmas)|sometime|
                a good time|a great time|the right time|good timing|anytime soon|in a few|luego|despues|
                mas (adelante|tarde)|otro (dia|mes|ano)|el (otro|proximo) (ano|mes)|en otra|
                el ano que viene)(?! (but|if|works|is|at|because))
            (if|when|once) (i|we|anything) (ever |do |need|change|want|changes|decide|things) ~6(call|reach|contact|
                let you|text|know|touch|out)
            ill (reach out|contact you|call|let you know|get in touch) if (i|we|anything|things|needed)
            (bad|not a good|not the best|not great) (time|timing)( for me| right now)?
            (just|was just|only|was only|simply) (looking|browsing|checking|curious|shopping|researching|comparing|
                seeing|exploring|playing|kidding|poking|window)( around)?( into it| prices| it out)?
            (feeling|feel|im|doing|got|its|i) (\\S+ )?(much |a lot |all |way )?better( now)? (so|thanks|dont|no|and|
                wont|dont need)
            (cleared|went|healed|worked itself|resolved|sorted) (\\S+ )?(up|away|out|itself|on its own)( so| thanks|
                 on its own| already)
            (problem|issue|pain|rash) (is |has |has been |went |was )+(gone|resolved|fixed|away|solved|cleared)( so|
                 no| now| thanks)*
            taken care of
            handled( it| already)?$
            (its|this is|thats|it|dont think|not sure) ~2(isnt|not|is|its) (really )?(for me|a fit|a good fit|
                what i|worth it|my thing|right for me|the right fit|worth the)
            not (a |the |really |right |)*(good )?(fit|for me|for us|worth it|my thing|what i (want|need|was|am)|
                looking to|looking (for|at)|up for|happening|gonna happen|gonna work|worth)
            (thanks|thank you|appreciate) (\\S+ ){0,6}but (\\S+ )?(no|no thanks|not|ill pass|im (good|set|all set|
                ok|fine)|we are (good|set)|were (good|set|all set)|i (found|have|already|am|decided|dont|no|wont|
                went)|i have|pass)(?! (sure|problem|tuesday|monday))
            (im|were|i am|we are|i think im|think im|think ill be) (good|ok|okay|fine|all set|set|covered|
                straight)( for now| now| here| thank| thanks| without it)?(?= thanks|$| for now)
            (forget|forgive|skip|drop|scratch|nix|cancel) (it|about it|that|this|my request|the whole thing|
                the request)( please)?$
            dont bother
            id rather not
            (i )?(respectfully |politely |must |have to |will )*(decline|withdraw (my|the) (request|application|
                inquiry))( your| the)?
            withdraw my request
            wont be (needing|coming|able|moving|booking|continuing|using|scheduling|proceeding|pursuing|
                going)(?! (until|till|before|tomorrow|friday|on))
            (not|wont|never) (be )?(going to |gonna )(do|book|come|proceed|schedule|move forward|pursue|happen|
                work out)( it| this)?
            thats a (hard )?(no|pass)
            hard (no|pass)
            no (way|chance|desire|interest|intention)
            ^(no|nope|nah) (thanks|im|not|i dont|we|ill|it|its|dont|just|already|thank|i (found|have|already|am|
                changed|went|moved))
            lost interest
            opposite
            pass on (this|that|it)
            (ya|no|ya no|tampoco|no me|creo que no|al final no|mejor no|no lo|no la) (me |nos |lo |la |voy a |
                vamos a |quiero |puedo |creo que |estoy |los )*(interesa\\w*|interesad[oa]|necesito|necesitamos|
                ocupo|quiero (la |una |ninguna |nada|ir|seguir|hacer)|hace falta|requiero|deseo|quiero|alcanza|
                conviene|poder ir nunca|vamos|convence)(?! (saber|que|cambiar|cancelar|mensajes|
                una cita para))( la cita| una cita| gracias| ese| el servicio)?
            cambi(e|amos|o) de (opinion|idea|parecer|planes)
            (encontre|consegui|tengo|tenemos|fui|voy|ire|me voy|elegi|conseguimos|encontramos|hice cita|saque cita|
                me atendi|me atiendo|me atienden|me vieron|decidi ir|agende|me atendieron|ya estoy|prefiero|
                pedi cita|prefiero ir|cita) (a |con |en |mi |ya |cita |una |un |la |otro |por )*(otr[oa]|otro lado|
                otra parte|otro lugar|alguien mas|mi (doctora?|dentista|clinica|medico|propio|hospital)|doctora?|
                dentista|medico de (cabecera|siempre)|de siempre|mas cerca|cerca de mi casa|mas barat[oa])
            (muy|demasiado|bien|esta|queda|tan|re|me queda|me sale|un poco|mucho|es) (muy |bien |mas |
                demasiado )*(car[oa]|lejos|costos[oa]|retirad[oa])( para mi)?
            no (me alcanza|tengo (dinero|presupuesto|plata|como pagar)|puedo pagar\\w*)
            (me mude|nos mudamos|ya no vivo|me cambie de (ciudad|estado|casa)|me voy a mudar|vivo lejos)
            (solo|nada mas|solamente|nomas) (estaba |andaba )?(viendo|mirando|preguntaba|curioseando|checando|
                queria ver|tenia curiosidad)
            olvid(elo|alo|enlo|e|ela)
            dejelo asi
            dejalo asi
            asi dejelo
            mejor no$
            (ahorita|ahora|hoy|por ahora|por el momento|de momento|por lo pronto) no( gracias| puedo| voy| me)?
            no (por|en) (ahora|el momento|este momento|lo pronto|estos momentos)
            (quizas?|tal vez|a lo mejor) (mas (adelante|tarde)|luego|despues|otro dia|en otra ocasion|el (otro|
                proximo) (ano|mes))
            (mas adelante|en otra ocasion|otro dia sera|sera para otra|para la otra)
            ya (me siento mejor|estoy bien|resolvi|lo resolvi|no duele|se arreglo|me aliviane)
            rechazo
            declino
            no sera posible
            ya tengo (doctora?|dentista|medico|clinica|quien|con quien|a alguien)
            """
        ),
        aside=says(
            """
            no (problem|prob|worries|rush|hurry|hay problema|pasa nada|hay prisa|hay de que|te preocupes)
            dont (want|need) to (wait|miss|lose|drive|bother|be (late|rude))
            not interested in (\\S+ )?(whitening|botox|surgery)
            not (only|just)
            """
        ),
        unless=says(
            """
            to (another|a different) (day|time|date|slot|week)
            \\?
            text me
            call me
            reschedule
            instead
            works
            how about
            can i
            can we
            can you
            is (better|good|fine|free)
            better (on|for)
            """
        ),
        examples=such_as(
            """
            I changed my mind about it
            we found another clinic closer to home
            too expensive for us right now
            we moved to Nevada last spring
            thanks but I'm seeing my own doctor for it
            maybe next year
            It cleared up on its own so no need
            ya encontré otro dentista
            está muy lejos para mí
            I was just curious about it
            """
        ),
    ),
    Row(
        intent=Intent.DECLINE,
        certainty="likely",
        name="no as a clause",
        when=alone(
            """
            (but |so |and |thanks |sorry )*(no thanks|no thanks you|not interested|no gracias|ill pass|i pass|
                hard pass|im out|no thank u|not for me|no me interesa)( anymore| sorry| bye)*
            """
        ),
        by_clause=True,
        unless=says("DATE, CLOCK, \\?, works, better, instead, rather, text, link"),
        examples=such_as(
            """
            My sister sees you already, no thank you
            Qué pena, no gracias
            """
        ),
    ),
    Row(
        intent=Intent.DECLINE,
        certainty="likely",
        name="begins with no",
        when=begins("no, nope, nah"),
        aside=says(
            """
            no (problem|prob|worries|rush|hurry|hay|se|entiendo|puedo|me|tengo|pasa|idea|clue|one|insurance|
                response|answer|signal|service|reception|signed|car|more|mames)
            """
        ),
        unless=says(
            """
            DATE
            CLOCK
            \\?
            works
            better
            instead
            rather
            tuesday
            wednesday
            thursday
            friday
            monday
            saturday
            sunday
            lunes
            martes
            miercoles
            jueves
            viernes
            sabado
            tomorrow
            am
            pm
            manana
            tarde
            later
            call
            text
            link
            idea
            morning
            afternoon
            \\d+
            insurance
            seguro
            yes
            but
            book
            appointment
            cita
            time
            what
            how
            lol
            haha
            """
        ),
        at_most=6,
        examples=such_as(
            """
            no sir, my wife handles that
            nope nothing for me
            """
        ),
    ),
)

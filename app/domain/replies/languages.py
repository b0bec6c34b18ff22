"""The clear wishes in languages that we do not write: no clinic should miss a STOP because it came in Korean.

Never `sure`: nobody here reads these languages; texts wait and a person looks. Writing without spaces is searched
without word ends. Native speakers should check and extend this page.
"""

from app.domain.replies.reading import Certainty, Intent
from app.domain.replies.rows import Row, anywhere, such_as


def _row(intent: Intent, name: str, words: str, examples: str, certainty: Certainty = "likely") -> Row:
    return Row(intent=intent, certainty=certainty, name=name, when=anywhere(words), examples=such_as(examples))


DANGER_ABROAD = _row(
    Intent.URGENT,
    "danger in another language",
    """
    胸口.{0,3}痛, 胸痛, 喘不过气, 呼吸困难, 不能呼吸, 无法呼吸, 自杀, 想死, 不想活
    大出血, 流血不止, 晕倒, 昏迷, 中风, 救命, 急救, 昏倒
    douleur (?:a|dans) la poitrine
    mal a la poitrine
    peux (?:pas|plus) respirer
    mal a respirer
    veux mourir
    me suicider
    inconscient
    cest une urgence
    dor no peito, consigo respirar, falta de ar, quero morrer, me matar, desmaiou, sangrando muito, e uma emergencia
    đau nguc
    kho tho
    khong tho đuoc
    muon chet
    tu tu
    cap cuu
    бол\\w+ в груди
    могу дышать
    задыха
    хочу умереть
    покончить с собой
    без сознания
    скорую
    가슴이 아
    가슴 통증
    숨을 못
    숨이 안
    숨쉬기
    죽고 싶
    자살
    응급
    의식이 없
    الم في صدري
    الم في الصدر
    التنفس
    انتحار
    اريد ان اموت
    فاقد الوعي
    hindi makahinga
    masakit ang dibdib
    gusto kong mamatay
    pa ka respire
    doule nan pwatrin
    brustschmerz
    kann nicht atmen
    """,
    """
    j'ai mal à la poitrine
    胸口有点痛
    não consigo respirar
    가슴이 아파요
    """,
)

STOP_ABROAD = _row(
    Intent.OPT_OUT,
    "stop in another language",
    """
    (?:不要|别)(?:再|给我)*发
    停止
    退订
    取消订阅
    退訂
    不要(?:再)?联系
    別再
    не пишите
    хватит писать
    отпишите
    не присылайте
    удалите мой номер
    보내지 마
    그만 보내
    수신거부
    문자 그만
    연락하지 마
    لا ترسل
    لا تراسل
    توقف عن
    اوقف الرسائل
    الغاء الاشتراك
    đung nhan
    đung gui
    đung lien lac
    ngung nhan
    ngung gui
    huy đang ky
    arretez de
    arrete de
    ne m ?envoyez
    ne plus recevoir
    desabonn
    desinscri
    supprimez mon numero
    laissez moi tranquille
    ne me contactez
    plus de (?:messages|sms|textos)
    pare(?:m)? de (?:me )?(?:mand|envi)
    nao (?:me )?(?:mande|envie|escreva|contate)m?
    nao quero (?:mais )?receber
    me tire da lista
    tire meu numero
    quero sair da lista
    cancele minha inscricao
    smettete di
    smettila di
    non scrivetemi
    cancellatemi
    keine nachrichten mehr
    abmelden bitte
    itigil
    huwag na
    tigilan
    pa voye mesaj
    sispann voye
    """,
    """
    arrêtez de m'écrire
    пожалуйста, не пишите мне больше
    não me mandem mais nada
    đừng gửi nữa
    """,
)

ABROAD = (
    _row(
        Intent.WRONG_NUMBER,
        "wrong number in another language",
        """
        mauvais numero
        trompe(?:z)? de numero
        erreur de numero
        numero errado
        pessoa errada
        nham so
        nham nguoi
        打错
        发错
        错号
        號碼錯
        号码错
        认错人
        не туда
        ошиблись номером
        не тот номер
        잘못 보내
        번호가 틀
        잘못된 번호
        رقم خطا, الرقم خطا, الرقم غلط, رقم غلط, maling numero, falsche nummer, numero sbagliato, move nimewo
        """,
        """
        vous vous êtes trompé de numéro
        你发错人了
        pessoa errada aqui
        """,
    ),
    _row(
        Intent.DECLINE,
        "refusal in another language",
        """
        pas interesse
        non merci
        plus besoin
        (?:nao|sem) (?:tenho )?(?:mais )?interesse
        nao,? obrigad
        nao preciso
        不需要
        没兴趣
        不感兴趣
        不用了
        не интересует
        не нужно
        не надо
        нет спасибо
        관심 없
        필요 없
        괜찮습니다
        khong can
        khong quan tam
        لا شكرا
        غير مهتم
        hindi na
        nein danke
        no grazie
        """,
        """
        non merci
        不用了谢谢
        não preciso mais
        """,
    ),
    _row(
        Intent.TIME_PREFERENCE,
        "a day in another language",
        """
        \\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|apres midi|le matin|demain)\\b
        (?:segunda|terca|quarta|quinta|sexta) feira
        \\bamanha\\b
        星期[一二三四五六]
        周[一二三四五六]上?
        礼拜
        明天
        下午
        上午
        월요일
        화요일
        수요일
        목요일
        금요일
        토요일
        내일
        오후
        오전
        понедельник, вторник, среду, четверг, пятниц, суббот, завтра, thu (?:hai|ba|tu|nam|sau|bay), ngay mai, غدا
        """,
        """
        jeudi après-midi
        明天可以吗
        завтра утром
        """,
        "unsure",
    ),
    _row(
        Intent.CONFIRM,
        "yes in another language",
        "^(?:oui|sim|да|好的?|可以|是的?|네|예|نعم|vang|đuoc|oo|opo|ja|wi|d ?accord|bien sur|claro que sim)(?: \\w+)?$",
        """
        oui
        好的
        네
        """,
    ),
)

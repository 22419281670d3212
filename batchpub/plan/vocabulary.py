"""The words that people write over columns and into yes-or-no cells, in the languages that Zoho People is sold in.

One table for readers, the template and the page of words. Headings for the ids in other languages than English and German
are taken only where no other column holds ids; of the rest a wrong guess shows itself, since a cell that is neither yes nor
no is refused.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How people of one language head the columns and say yes and no; the first word of each is what we write ourselves."""

    name: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    course_id: tuple[str, ...]
    batch_id: tuple[str, ...]
    course_name: tuple[str, ...]
    notify: tuple[str, ...]
    publish: tuple[str, ...]
    confirmed: tuple[str, ...]


def _language(name: str, **words: str) -> Language:
    """Make a language of words with bars between them."""
    return Language(name=name, **{role: tuple(told.split("|")) for role, told in words.items()})


LANGUAGES = {
    "en": _language(
        "English", yes="yes|y|true|t|1|on", no="no|n|false|f|0|off",
        course_id="Course ID|Course IDs|Zoho Course ID", batch_id="Batch ID|Zoho Batch ID",
        course_name="Course name|Course title|Name of course|Title|Course|Name",
        notify="Notify|Notify users|Notify learners|notifyApplicableUsers|Notification",
        publish="Publish|Publish?", confirmed="Confirmed|Confirm",
    ),
    "de": _language(
        "German", yes="ja|j|wahr", no="nein|falsch",
        course_id="Kurs-ID", batch_id="Batch-ID|Durchgangs-ID", course_name="Kursname|Kurstitel|Kurs|Titel",
        notify="Benachrichtigen", publish="Veröffentlichen", confirmed="Bestätigt",
    ),
    "fr": _language(
        "French", yes="oui|vrai|o", no="non|faux",
        course_id="ID du cours|ID de cours|ID cours|Identifiant du cours|Identifiant de cours", batch_id="ID du lot|ID de lot|ID de session",
        course_name="Nom du cours|Intitulé du cours|Titre du cours|Cours|Titre|Nom",
        notify="Notifier|Avertir", publish="Publier", confirmed="Confirmé|Confirmée",
    ),
    "es": _language(
        "Spanish", yes="sí|si|verdadero", no="no|falso",
        course_id="ID del curso|ID de curso|ID curso|Identificador del curso", batch_id="ID del lote|ID de lote",
        course_name="Nombre del curso|Título del curso|Curso|Título|Nombre",
        notify="Notificar|Avisar", publish="Publicar", confirmed="Confirmado",
    ),
    "it": _language(
        "Italian", yes="sì|si|vero", no="no|falso",
        course_id="ID corso|ID del corso|Identificativo corso", batch_id="ID batch|ID lotto|ID edizione",
        course_name="Nome corso|Nome del corso|Titolo del corso|Corso|Titolo|Nome",
        notify="Notifica|Avvisa", publish="Pubblica|Pubblicare", confirmed="Confermato",
    ),
    "pt": _language(
        "Portuguese", yes="sim|verdadeiro", no="não|nao|falso",
        course_id="ID do curso|ID de curso|ID curso|Identificador do curso", batch_id="ID do lote|ID da turma",
        course_name="Nome do curso|Título do curso|Curso|Título|Nome",
        notify="Notificar|Avisar", publish="Publicar", confirmed="Confirmado",
    ),
    "nl": _language(
        "Dutch", yes="ja|waar", no="nee|onwaar",
        course_id="Cursus-ID|ID van cursus|ID cursus|Cursusnummer", batch_id="Batch-ID|Groeps-ID",
        course_name="Cursusnaam|Naam van cursus|Cursustitel|Cursus|Titel|Naam",
        notify="Melden|Informeren|Meldingen", publish="Publiceren", confirmed="Bevestigd",
    ),
    "pl": _language(
        "Polish", yes="tak|prawda", no="nie|fałsz",
        course_id="ID kursu|Identyfikator kursu|ID szkolenia", batch_id="ID partii|ID grupy",
        course_name="Nazwa kursu|Tytuł kursu|Kurs|Tytuł|Nazwa",
        notify="Powiadom|Powiadomić", publish="Opublikuj|Publikuj", confirmed="Potwierdzone|Potwierdzono",
    ),
    "sv": _language(
        "Swedish", yes="ja|sant", no="nej|falskt",
        course_id="Kurs-ID|Kursens ID", batch_id="Batch-ID|Omgångs-ID", course_name="Kursnamn|Kursens namn|Kurs|Titel|Namn",
        notify="Meddela|Avisera", publish="Publicera", confirmed="Bekräftad|Bekräftat",
    ),
    "da": _language(
        "Danish", yes="ja|sand", no="nej|falsk",
        course_id="Kursus-ID|Kursets ID", batch_id="Batch-ID|Hold-ID", course_name="Kursusnavn|Kursets navn|Kursus|Titel|Navn",
        notify="Underret|Giv besked", publish="Udgiv|Offentliggør|Publicer", confirmed="Bekræftet",
    ),
    "tr": _language(
        "Turkish", yes="evet|doğru", no="hayır|hayir|yanlış",
        course_id="Kurs ID|Kurs kimliği|Kurs No|Eğitim ID", batch_id="Grup ID|Toplu iş kimliği",
        course_name="Kurs adı|Kurs başlığı|Eğitim adı|Kurs|Başlık|Ad",
        notify="Bildir|Bilgilendir", publish="Yayınla|Yayımla", confirmed="Onaylandı",
    ),
    "ru": _language(
        "Russian", yes="да|истина", no="нет|ложь",
        course_id="ID курса|Идентификатор курса", batch_id="ID группы|ID потока",
        course_name="Название курса|Курс|Название", notify="Уведомить|Уведомлять", publish="Опубликовать|Публиковать", confirmed="Подтверждено",
    ),
    "ja": _language(
        "Japanese", yes="はい|真", no="いいえ|偽",
        course_id="コースID|講座ID|研修ID", batch_id="バッチID", course_name="コース名|講座名|研修名|コース|タイトル",
        notify="通知|通知する", publish="公開|公開する", confirmed="確認済み|確認",
    ),
    "zh": _language(
        "Chinese", yes="是|真", no="否|假",
        course_id="课程ID|課程ID|课程编号|課程編號", batch_id="批次ID|批次编号", course_name="课程名称|課程名稱|课程|課程|标题|標題",
        notify="通知", publish="发布|發佈|發布", confirmed="已确认|已確認|确认|確認",
    ),
    "ko": _language(
        "Korean", yes="예|네|참", no="아니요|아니오|거짓",
        course_id="강좌 ID|과정 ID|코스 ID", batch_id="배치 ID|차수 ID", course_name="강좌명|과정명|코스 이름|강좌|과정|제목",
        notify="알림", publish="게시|공개", confirmed="확인됨|확인",
    ),
    "ar": _language(
        "Arabic", yes="نعم|صحيح", no="لا|خطأ",
        course_id="معرف الدورة|معرّف الدورة|رقم الدورة", batch_id="معرف الدفعة|معرّف الدفعة", course_name="اسم الدورة|عنوان الدورة|الدورة",
        notify="إشعار|إخطار", publish="نشر", confirmed="مؤكد",
    ),
}  # fmt: skip

SURE = ("en", "de")
"""Languages whose headings for the ids are taken whatever else the sheet holds."""

PLAIN_ID_HEADINGS = ("ID", "IDs", "LMS ID", "Record ID", "Course", "Course No", "Course number")
"""Headings that may well stand over the ids: taken only where no other column holds ids."""


def words_of(role: str) -> tuple[str, ...]:
    """Give the words of all languages for a role or for yes and no, each once."""
    return tuple(dict.fromkeys(word for language in LANGUAGES.values() for word in getattr(language, role)))

"""What the template says, in each language it is made in. Headings and yes or no come from the vocabulary of the loader.

In every text {digits} is how many digits an id has, {yes} and {no} are the words of the language, and {course_id},
{name}, {batch_id}, {notify}, {publish}, {confirmed} are its headings.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The sentences of one language. `digits` and `digits_between` say how long an id is: {least}, {most}."""

    read_me: str
    courses: str
    title: str
    digits: str
    digits_between: str
    steps: tuple[str, ...]
    why: tuple[str, ...]
    hints: dict[str, str]
    """By the column's role: what is shown beside a cell that is being filled in."""
    no_id: str
    no_id_message: str
    no_word: str
    page: str


TEXTS = {
    "en": Texts(
        read_me="Read me first",
        courses="Courses",
        title="How to fill in this workbook",
        digits="{most} digits",
        digits_between="{least} to {most} digits",
        steps=(
            "Write one course into each row of the sheet “{courses}”.",
            "Copy the id of the course from Zoho: it is the number of {digits} in the address of the course's page.",
            "Paste it as text: Ctrl+Shift+V, or right-click → Paste Options → Keep Text Only.",
            "Look at it: all its digits must be there ({digits}). A red cell holds no id. If you see 4.78E+17, or zeros at the end, empty "
            "the cell and paste again as text; changing the format alone does not bring the digits back.",
            "Write the course's name beside it. Nobody can see from an id alone that it is the wrong one.",
            "{batch_id}: only for a blended course, which is published batch by batch. It is the number of {digits} in the address of the "
            "batch's page. Leave it empty for every other course.",
            "{notify}: {yes} mails the learners of this course; {no}, or nothing, does not.",
            "{publish}: {no} leaves a course out this time.",
            "{confirmed}: leave it empty. Write {yes} only where you were told that an id or a name looks wrong, and you have compared it "
            "with Zoho and it is right.",
            "Further columns on the right are yours: they come back with the results.",
            "Save as an Excel workbook (.xlsx). Do not save as CSV and open that again: Excel rounds the ids in a CSV.",
        ),
        why=(
            "Why so careful? A spreadsheet keeps only 15 digits of a number. An id that was a number for a moment names another course.",
            "The sheets are protected so that the columns stay text. There is no password: Review → Unprotect Sheet.",
        ),
        hints={
            "course_id": "{digits}, copied from Zoho. The cell is text: keep it so.",
            "course_name": "As it is in Zoho; it shows mistakes in the id.",
            "batch_id": "Only for a batch of a blended course: {digits}. Otherwise leave it empty.",
            "notify": "{yes}: learners get a mail. {no} or empty: they do not.",
            "publish": "{no}: leave this course out this time.",
            "confirmed": "{yes}: I have compared the id and the name with Zoho, and they are right.",
        },
        no_id="This is no {heading}",
        no_id_message="{digits} as text, nothing else. Copy the id from Zoho again and paste it as text.",
        no_word="Write {words}, or leave the cell empty.",
        page="Page &P of &N",
    ),
    "de": Texts(
        read_me="Bitte zuerst lesen",
        courses="Kurse",
        title="So füllen Sie diese Mappe aus",
        digits="{most} Ziffern",
        digits_between="{least} bis {most} Ziffern",
        steps=(
            "Schreiben Sie in jede Zeile des Blatts „{courses}“ einen Kurs.",
            "Kopieren Sie die ID des Kurses aus Zoho: Es ist die Zahl mit {digits} in der Adresse der Kursseite.",
            "Fügen Sie sie als Text ein: Strg+Umschalt+V, oder Rechtsklick → Einfügeoptionen → Nur den Text übernehmen.",
            "Sehen Sie nach: Alle Ziffern müssen da sein ({digits}). Eine rote Zelle enthält keine ID. Sehen Sie 4,78E+17 oder Nullen am "
            "Ende, dann leeren Sie die Zelle und fügen Sie die ID noch einmal als Text ein; das Format allein bringt die Ziffern nicht zurück.",
            "Schreiben Sie den Namen des Kurses daneben. Einer ID allein sieht niemand an, dass sie die falsche ist.",
            "{batch_id}: nur bei einem Blended-Learning-Kurs, der Durchgang für Durchgang veröffentlicht wird. Es ist die Zahl mit {digits} "
            "in der Adresse des Durchgangs. Bei allen anderen Kursen bleibt die Zelle leer.",
            "{notify}: {yes} schickt den Lernenden dieses Kurses eine E-Mail; {no} oder nichts schickt keine.",
            "{publish}: {no} lässt einen Kurs diesmal aus.",
            "{confirmed}: bleibt leer. Schreiben Sie {yes} nur, wenn Ihnen gesagt wurde, dass eine ID oder ein Name falsch aussieht, und Sie "
            "mit Zoho verglichen haben und alles stimmt.",
            "Weitere Spalten rechts gehören Ihnen: Sie kommen mit den Ergebnissen zurück.",
            "Speichern Sie als Excel-Arbeitsmappe (.xlsx). Nicht als CSV speichern und wieder öffnen: Excel rundet die IDs einer CSV-Datei.",
        ),
        why=(
            "Warum so vorsichtig? Eine Tabelle behält von einer Zahl nur 15 Ziffern. Eine ID, die kurz eine Zahl war, nennt einen anderen Kurs.",
            "Die Blätter sind geschützt, damit die Spalten Text bleiben. Es gibt kein Kennwort: Überprüfen → Blattschutz aufheben.",
        ),
        hints={
            "course_id": "{digits}, aus Zoho kopiert. Die Zelle ist Text: Lassen Sie es dabei.",
            "course_name": "Wie in Zoho; er zeigt Fehler in der ID.",
            "batch_id": "Nur für einen Durchgang eines Blended-Learning-Kurses: {digits}. Sonst leer lassen.",
            "notify": "{yes}: Lernende bekommen eine E-Mail. {no} oder leer: keine.",
            "publish": "{no}: diesen Kurs diesmal auslassen.",
            "confirmed": "{yes}: Ich habe ID und Namen mit Zoho verglichen, sie stimmen.",
        },
        no_id="Das ist keine {heading}",
        no_id_message="{digits} als Text, sonst nichts. Kopieren Sie die ID noch einmal aus Zoho und fügen Sie sie als Text ein.",
        no_word="Schreiben Sie {words}, oder lassen Sie die Zelle leer.",
        page="Seite &P von &N",
    ),
    "fr": Texts(
        read_me="À lire d'abord",
        courses="Cours",
        title="Comment remplir ce classeur",
        digits="{most} chiffres",
        digits_between="{least} à {most} chiffres",
        steps=(
            "Écrivez un cours par ligne dans la feuille « {courses} ».",
            "Copiez l'identifiant du cours dans Zoho : c'est le nombre de {digits} dans l'adresse de la page du cours.",
            "Collez-le comme texte : Ctrl+Maj+V, ou clic droit → Options de collage → Conserver uniquement le texte.",
            "Vérifiez : tous les chiffres doivent y être ({digits}). Une cellule rouge ne contient pas d'identifiant. Si vous voyez 4,78E+17, ou "
            "des zéros à la fin, videz la cellule et collez de nouveau comme texte ; changer le format ne ramène pas les chiffres.",
            "Écrivez le nom du cours à côté. Un identifiant seul ne montre à personne qu'il est le mauvais.",
            "{batch_id} : seulement pour un cours mixte, publié session par session. C'est le nombre de {digits} dans l'adresse de la page de "
            "la session. Laissez la cellule vide pour tout autre cours.",
            "{notify} : {yes} envoie un courriel aux apprenants de ce cours ; {no}, ou rien, n'en envoie pas.",
            "{publish} : {no} laisse le cours de côté cette fois.",
            "{confirmed} : laissez vide. Écrivez {yes} seulement si l'on vous a dit qu'un identifiant ou un nom semble faux, et que vous "
            "l'avez comparé avec Zoho et qu'il est juste.",
            "Les autres colonnes à droite sont à vous : elles reviennent avec les résultats.",
            "Enregistrez comme classeur Excel (.xlsx). N'enregistrez pas en CSV pour le rouvrir : Excel arrondit les identifiants d'un CSV.",
        ),
        why=(
            "Pourquoi tant de soin ? Un tableur ne garde que 15 chiffres d'un nombre. Un identifiant devenu nombre désigne un autre cours.",
            "Les feuilles sont protégées pour que les colonnes restent du texte. Sans mot de passe : Révision → Ôter la protection.",
        ),
        hints={
            "course_id": "{digits}, copiés de Zoho. La cellule est du texte : laissez-la ainsi.",
            "course_name": "Comme dans Zoho ; il révèle les erreurs d'identifiant.",
            "batch_id": "Seulement pour une session d'un cours mixte : {digits}. Sinon, laissez vide.",
            "notify": "{yes} : les apprenants reçoivent un courriel. {no} ou vide : non.",
            "publish": "{no} : laisser ce cours de côté cette fois.",
            "confirmed": "{yes} : j'ai comparé l'identifiant et le nom avec Zoho, ils sont justes.",
        },
        no_id="{heading} : pas valable",
        no_id_message="{digits} comme texte, rien d'autre. Copiez l'identifiant de nouveau dans Zoho et collez-le comme texte.",
        no_word="Écrivez {words}, ou laissez la cellule vide.",
        page="Page &P sur &N",
    ),
    "es": Texts(
        read_me="Léame primero",
        courses="Cursos",
        title="Cómo rellenar este libro",
        digits="{most} dígitos",
        digits_between="{least} a {most} dígitos",
        steps=(
            "Escriba un curso en cada fila de la hoja «{courses}».",
            "Copie el ID del curso de Zoho: es el número de {digits} de la dirección de la página del curso.",
            "Péguelo como texto: Ctrl+Mayús+V, o clic derecho → Opciones de pegado → Mantener solo texto.",
            "Compruébelo: deben estar todos los dígitos ({digits}). Una celda roja no contiene un ID. Si ve 4,78E+17, o ceros al final, vacíe la "
            "celda y pegue otra vez como texto; cambiar solo el formato no devuelve los dígitos.",
            "Escriba al lado el nombre del curso. Con el ID solo, nadie puede ver que es el equivocado.",
            "{batch_id}: solo para un curso mixto, que se publica lote por lote. Es el número de {digits} de la dirección de la página del "
            "lote. En todos los demás cursos, deje la celda vacía.",
            "{notify}: {yes} envía un correo a los alumnos de este curso; {no}, o nada, no lo envía.",
            "{publish}: {no} deja el curso fuera esta vez.",
            "{confirmed}: déjelo vacío. Escriba {yes} solo si le han dicho que un ID o un nombre parece incorrecto, y usted lo ha comparado "
            "con Zoho y es correcto.",
            "Las demás columnas a la derecha son suyas: vuelven con los resultados.",
            "Guarde como libro de Excel (.xlsx). No guarde como CSV para abrirlo de nuevo: Excel redondea los ID de un CSV.",
        ),
        why=(
            "¿Por qué tanto cuidado? Una hoja de cálculo guarda solo 15 dígitos de un número. Un ID que fue número designa otro curso.",
            "Las hojas están protegidas para que las columnas sigan siendo texto. Sin contraseña: Revisar → Desproteger hoja.",
        ),
        hints={
            "course_id": "{digits}, copiados de Zoho. La celda es texto: déjela así.",
            "course_name": "Como en Zoho; muestra los errores del ID.",
            "batch_id": "Solo para un lote de un curso mixto: {digits}. Si no, déjelo vacío.",
            "notify": "{yes}: los alumnos reciben un correo. {no} o vacío: no.",
            "publish": "{no}: dejar este curso fuera esta vez.",
            "confirmed": "{yes}: he comparado el ID y el nombre con Zoho y son correctos.",
        },
        no_id="No es un {heading}",
        no_id_message="{digits} como texto, nada más. Copie el ID otra vez de Zoho y péguelo como texto.",
        no_word="Escriba {words}, o deje la celda vacía.",
        page="Página &P de &N",
    ),
    "ja": Texts(
        read_me="最初にお読みください",
        courses="コース一覧",
        title="このブックの記入方法",
        digits="{most}桁",
        digits_between="{least}〜{most}桁",
        steps=(
            "シート「{courses}」の1行に1コースずつ記入します。",
            "コースのIDはZohoからコピーします。コースのページのアドレスにある{digits}の数字です。",
            "文字列として貼り付けます。Ctrl+Shift+V、または右クリック→貼り付けのオプション→テキストのみ保持。",
            "すべての桁({digits})があることを確かめます。赤いセルはIDではありません。4.78E+17 や末尾の0が見えたら、セルを空にして"
            "文字列として貼り付け直してください。表示形式を変えるだけでは桁は戻りません。",
            "隣にコース名を書きます。IDだけでは、間違いに誰も気づけません。",
            "{batch_id}：バッチごとに公開するブレンド型コースだけに書きます。バッチのページのアドレスにある{digits}の数字です。"
            "ほかのコースでは空のままにします。",
            "{notify}：{yes} と書くと、このコースの受講者にメールが届きます。{no} または空なら届きません。",
            "{publish}：{no} と書いたコースは、今回は公開されません。",
            "{confirmed}：ふだんは空のままです。IDや名前が誤りのようだと言われ、Zohoと見比べて正しかったときだけ {yes} と書きます。",
            "右側の列は自由に使えます。結果と一緒に戻ってきます。",
            "Excelブック(.xlsx)として保存します。CSVで保存して開き直さないでください。ExcelはCSVのIDを丸めます。",
        ),
        why=(
            "なぜ注意が必要か：表計算ソフトは数値を15桁までしか保持しません。一度数値になったIDは別のコースを指します。",
            "列を文字列のまま保つため、シートは保護されています。パスワードはありません：校閲→シート保護の解除。",
        ),
        hints={
            "course_id": "{digits}。Zohoからコピーします。セルは文字列のままにします。",
            "course_name": "Zohoと同じ名前。IDの誤りに気づけます。",
            "batch_id": "ブレンド型コースのバッチだけ：{digits}。ほかは空のまま。",
            "notify": "{yes}：受講者にメールが届く。{no} または空：届かない。",
            "publish": "{no}：今回は公開しない。",
            "confirmed": "{yes}：IDと名前をZohoと見比べ、正しいことを確認した。",
        },
        no_id="{heading}ではありません",
        no_id_message="文字列で{digits}だけを入力します。Zohoからもう一度コピーし、文字列として貼り付けてください。",
        no_word="{words} と書くか、空のままにします。",
        page="&P / &N ページ",
    ),
}
"""Language code, as in the vocabulary, to what the template says."""

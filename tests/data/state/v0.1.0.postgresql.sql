CREATE TABLE public.calls (
    call integer NOT NULL,
    run character varying NOT NULL,
    portal character varying NOT NULL,
    operation character varying NOT NULL,
    in_flight boolean NOT NULL,
    taken_at double precision NOT NULL,
    free_at double precision NOT NULL,
    "position" integer NOT NULL,
    course_id character varying NOT NULL,
    batch_id character varying NOT NULL,
    attempt integer NOT NULL,
    sent_on character varying,
    answered_on character varying,
    http_status integer,
    code text NOT NULL,
    meaning character varying NOT NULL,
    excerpt text NOT NULL
);
CREATE SEQUENCE public.calls_call_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.calls_call_seq OWNED BY public.calls.call;
CREATE TABLE public.courses (
    portal character varying NOT NULL,
    course_id character varying NOT NULL,
    batch_id character varying NOT NULL,
    status character varying NOT NULL,
    version integer NOT NULL,
    run character varying NOT NULL,
    held_until_at double precision NOT NULL,
    ready_at double precision NOT NULL,
    changed_at double precision NOT NULL,
    published_on character varying NOT NULL,
    published_by character varying NOT NULL
);
CREATE TABLE public.locks (
    lock integer NOT NULL,
    run character varying NOT NULL,
    portal character varying NOT NULL,
    began_on character varying NOT NULL,
    ends_on character varying NOT NULL,
    cause text NOT NULL
);
CREATE SEQUENCE public.locks_lock_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.locks_lock_seq OWNED BY public.locks.lock;
CREATE TABLE public.meta (
    key character varying NOT NULL,
    value character varying NOT NULL
);
CREATE TABLE public.portals (
    portal character varying NOT NULL,
    boot_id character varying NOT NULL,
    last_boot double precision NOT NULL,
    last_wall double precision NOT NULL,
    lock_until_at double precision NOT NULL,
    lock_level integer NOT NULL,
    lock_operation character varying NOT NULL,
    opened_at double precision NOT NULL,
    probe_slot integer NOT NULL,
    probe_until_at double precision NOT NULL,
    gentle_level integer NOT NULL,
    gentle_until_wall double precision NOT NULL,
    next_send_at double precision NOT NULL,
    next_read_at double precision NOT NULL
);
CREATE TABLE public.rows (
    run character varying NOT NULL,
    "position" integer NOT NULL,
    sheet_index integer NOT NULL,
    "row" integer NOT NULL,
    cell character varying NOT NULL,
    course_id character varying NOT NULL,
    batch_id character varying NOT NULL,
    name text NOT NULL,
    notify boolean NOT NULL,
    row_values json NOT NULL,
    outcome character varying NOT NULL,
    message text NOT NULL,
    attempts integer NOT NULL,
    http_status integer,
    code text NOT NULL,
    verified boolean NOT NULL,
    first_sent_on character varying,
    finished_on character varying
);
CREATE TABLE public.runs (
    run character varying NOT NULL,
    portal character varying NOT NULL,
    started_on character varying NOT NULL,
    finished_on character varying,
    exit_code integer,
    stop_reason text NOT NULL,
    resume_command text NOT NULL,
    facts json NOT NULL,
    sheets json NOT NULL
);
ALTER TABLE ONLY public.calls ALTER COLUMN call SET DEFAULT nextval('public.calls_call_seq'::regclass);
ALTER TABLE ONLY public.locks ALTER COLUMN lock SET DEFAULT nextval('public.locks_lock_seq'::regclass);
INSERT INTO public.calls VALUES (1, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'read', false, 745.050788814, 748.182452914, 0, '478346000019580101', '', 1, '2026-11-27T19:30:27.314289+00:00', '2026-11-27T19:30:27.345949+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (2, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'read', false, 745.054695638, 748.186784241, 1, '478346000019580102', '', 1, '2026-11-27T19:30:27.318192+00:00', '2026-11-27T19:30:27.350278+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (3, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'read', false, 745.058287382, 748.188312389, 2, '478346000019580103', '', 1, '2026-11-27T19:30:27.321783+00:00', '2026-11-27T19:30:27.351805+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (4, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'read', false, 745.061630626, 748.190577396, 3, '478346000019580104', '', 1, '2026-11-27T19:30:27.325126+00:00', '2026-11-27T19:30:27.354068+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (5, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'read', false, 745.080144695, 748.206763374, 4, '478346000019580105', '', 1, '2026-11-27T19:30:27.343644+00:00', '2026-11-27T19:30:27.370257+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (6, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'read', false, 745.084966042, 748.210505142, 5, '478346000019580106', '', 1, '2026-11-27T19:30:27.348464+00:00', '2026-11-27T19:30:27.373998+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (7, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'publish', false, 745.093863205, 748.217216096, 0, '478346000019580101', '', 1, '2026-11-27T19:30:27.358449+00:00', '2026-11-27T19:30:27.380708+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580101", "status": "published"}, "message": "success"}');
INSERT INTO public.calls VALUES (8, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'publish', false, 745.104068298, 748.22374539, 1, '478346000019580102', '', 1, '2026-11-27T19:30:27.367809+00:00', '2026-11-27T19:30:27.387238+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580102", "status": "published"}, "message": "success"}');
INSERT INTO public.calls VALUES (9, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'publish', false, 745.115028427, 748.231225941, 2, '478346000019580103', '', 1, '2026-11-27T19:30:27.378740+00:00', '2026-11-27T19:30:27.394718+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580103", "status": "published"}, "message": "success"}');
INSERT INTO public.calls VALUES (10, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'publish', false, 745.121529788, 748.237231103, 3, '478346000019580104', '', 1, '2026-11-27T19:30:27.385243+00:00', '2026-11-27T19:30:27.400725+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580104", "status": "published"}, "message": "success"}');
INSERT INTO public.calls VALUES (11, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'publish', false, 745.126549812, 749.2417982310001, 4, '478346000019580105', '', 1, '2026-11-27T19:30:27.390252+00:00', NULL, NULL, 'unclear', 'unclear', '');
INSERT INTO public.calls VALUES (12, '20261127T193027Z-ab7328', '127.0.0.1:33315', 'publish', false, 745.129071651, 748.244572127, 5, '478346000019580106', '', 1, '2026-11-27T19:30:27.392772+00:00', '2026-11-27T19:30:27.408067+00:00', 403, '403', 'refused', '{"code": "403", "message": "You are not authorized to perform this operation"}');
INSERT INTO public.calls VALUES (13, '20261127T193030Z-1fb846', 'localhost:033315', 'read', false, 748.236288959, 751.3649392570001, 0, '478346000019580101', '', 1, '2026-11-27T19:30:30.499793+00:00', '2026-11-27T19:30:30.528444+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (14, '20261127T193030Z-1fb846', 'localhost:033315', 'read', false, 748.261361796, 751.380235179, 1, '478346000019580201', '', 1, '2026-11-27T19:30:30.524872+00:00', '2026-11-27T19:30:30.543746+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (15, '20261127T193030Z-1fb846', 'localhost:033315', 'read', false, 748.267506486, 751.382299056, 2, '478346000019580202', '', 1, '2026-11-27T19:30:30.531012+00:00', '2026-11-27T19:30:30.545799+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (16, '20261127T193030Z-1fb846', 'localhost:033315', 'publish', false, 748.27172862, 751.392305241, 0, '478346000019580101', '', 1, '2026-11-27T19:30:30.536583+00:00', '2026-11-27T19:30:30.555799+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580101", "status": "published"}, "message": "success"}');
INSERT INTO public.calls VALUES (17, '20261127T193030Z-1fb846', 'localhost:033315', 'publish', false, 748.287859916, 751.40207163, 1, '478346000019580201', '', 1, '2026-11-27T19:30:30.551639+00:00', '2026-11-27T19:30:30.565572+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580201", "status": "published"}, "message": "success"}');
INSERT INTO public.calls VALUES (18, '20261127T193030Z-1fb846', 'localhost:033315', 'publish', false, 748.289916031, 751.404196397, 2, '478346000019580202', '', 1, '2026-11-27T19:30:30.553641+00:00', '2026-11-27T19:30:30.567693+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580202", "status": "published"}, "message": "success"}');
INSERT INTO public.calls VALUES (19, '20261127T193033Z-68d16e', 'LOCALHOST:33315', 'read', false, 751.069125433, 754.1932033850001, 0, '478346000019580203', '', 1, '2026-11-27T19:30:33.332629+00:00', '2026-11-27T19:30:33.356713+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (20, '20261127T193033Z-68d16e', 'LOCALHOST:33315', 'read', false, 751.077626947, 754.2010888, 1, '478346000019580204', '', 1, '2026-11-27T19:30:33.341135+00:00', '2026-11-27T19:30:33.364590+00:00', 403, 'INVALID_OAUTHSCOPE', 'denied', '{"code": "INVALID_OAUTHSCOPE", "message": "Invalid OAuth scope"}');
INSERT INTO public.calls VALUES (21, '20261127T193033Z-68d16e', 'LOCALHOST:33315', 'publish', true, 751.112755744, 785.212756744, 0, '478346000019580203', '', 1, '2026-11-27T19:30:33.377675+00:00', NULL, NULL, '', '', '');
INSERT INTO public.calls VALUES (22, '20261127T193033Z-68d16e', 'LOCALHOST:33315', 'publish', false, 751.128302379, 754.249526798, 1, '478346000019580204', '', 1, '2026-11-27T19:30:33.392110+00:00', '2026-11-27T19:30:33.413030+00:00', 200, '200', 'published', '{"code": "200", "course": {"courseId": "478346000019580204", "status": "published"}, "message": "success"}');
INSERT INTO public.courses VALUES ('127.0.0.1:33315', '478346000019580101', '', 'published', 2, '20261127T193027Z-ab7328', 0, 0, 745.117215096, '2026-11-27T19:30:27.380883+00:00', '20261127T193027Z-ab7328');
INSERT INTO public.courses VALUES ('127.0.0.1:33315', '478346000019580102', '', 'published', 2, '20261127T193027Z-ab7328', 0, 0, 745.12374439, '2026-11-27T19:30:27.387449+00:00', '20261127T193027Z-ab7328');
INSERT INTO public.courses VALUES ('127.0.0.1:33315', '478346000019580103', '', 'published', 2, '20261127T193027Z-ab7328', 0, 0, 745.131224941, '2026-11-27T19:30:27.394895+00:00', '20261127T193027Z-ab7328');
INSERT INTO public.courses VALUES ('127.0.0.1:33315', '478346000019580104', '', 'published', 2, '20261127T193027Z-ab7328', 0, 0, 745.137230103, '2026-11-27T19:30:27.400900+00:00', '20261127T193027Z-ab7328');
INSERT INTO public.courses VALUES ('127.0.0.1:33315', '478346000019580105', '', 'unclear', 3, '20261127T193027Z-ab7328', 0, 747.153235849, 746.153235849, '', '');
INSERT INTO public.courses VALUES ('127.0.0.1:33315', '478346000019580106', '', 'free', 2, '20261127T193027Z-ab7328', 0, 0, 745.144571127, '', '');
INSERT INTO public.courses VALUES ('localhost:033315', '478346000019580101', '', 'published', 2, '20261127T193030Z-1fb846', 0, 0, 748.292304241, '2026-11-27T19:30:30.555987+00:00', '20261127T193030Z-1fb846');
INSERT INTO public.courses VALUES ('localhost:033315', '478346000019580201', '', 'published', 2, '20261127T193030Z-1fb846', 0, 0, 748.30207063, '2026-11-27T19:30:30.565792+00:00', '20261127T193030Z-1fb846');
INSERT INTO public.courses VALUES ('localhost:033315', '478346000019580202', '', 'published', 2, '20261127T193030Z-1fb846', 0, 0, 748.304195397, '2026-11-27T19:30:30.567887+00:00', '20261127T193030Z-1fb846');
INSERT INTO public.courses VALUES ('LOCALHOST:33315', '478346000019580203', '', 'sending', 1, '20261127T193033Z-68d16e', 781.112755744, 782.112755744, 751.112755744, '', '');
INSERT INTO public.courses VALUES ('LOCALHOST:33315', '478346000019580204', '', 'published', 2, '20261127T193033Z-68d16e', 0, 0, 751.149525798, '2026-11-27T19:30:33.413264+00:00', '20261127T193033Z-68d16e');
INSERT INTO public.meta VALUES ('schema_version', '3');
INSERT INTO public.meta VALUES ('finished 127.0.0.1:33315', '20261127T193027Z-ab7328');
INSERT INTO public.meta VALUES ('finished localhost:033315', '20261127T193030Z-1fb846');
INSERT INTO public.portals VALUES ('127.0.0.1:33315', 'server', 745.045992975, 1795807827.309483, 0, 0, '', 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.portals VALUES ('localhost:033315', 'server', 748.230566258, 1795807830.494059, 0, 0, '', 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.portals VALUES ('LOCALHOST:33315', 'server', 751.054843403, 1795807833.318335, 0, 0, '', 0, 0, 0, 0, 0, 0, 0);
INSERT INTO public.rows VALUES ('20261127T193027Z-ab7328', 0, 0, 2, 'A2', '478346000019580101', '', '', true, '["478346000019580101", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:27.358636+00:00', '2026-11-27T19:30:27.382206+00:00');
INSERT INTO public.rows VALUES ('20261127T193027Z-ab7328', 1, 0, 3, 'A3', '478346000019580102', '', '', true, '["478346000019580102", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:27.367985+00:00', '2026-11-27T19:30:27.387646+00:00');
INSERT INTO public.rows VALUES ('20261127T193027Z-ab7328', 2, 0, 4, 'A4', '478346000019580103', '', '', true, '["478346000019580103", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:27.378906+00:00', '2026-11-27T19:30:27.395049+00:00');
INSERT INTO public.rows VALUES ('20261127T193027Z-ab7328', 3, 0, 5, 'A5', '478346000019580104', '', '', true, '["478346000019580104", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:27.385403+00:00', '2026-11-27T19:30:27.401055+00:00');
INSERT INTO public.rows VALUES ('20261127T193027Z-ab7328', 4, 0, 6, 'A6', '478346000019580105', '', '', true, '["478346000019580105", "yes"]', 'unknown', 'Sent before, its answer was lost, and its state cannot be read (no scope for reading). Look in Zoho: if it is still a draft, publish it there.', 1, NULL, '', false, '2026-11-27T19:30:27.390409+00:00', '2026-11-27T19:30:28.419933+00:00');
INSERT INTO public.rows VALUES ('20261127T193027Z-ab7328', 5, 0, 7, 'A7', '478346000019580106', '', '', true, '["478346000019580106", "yes"]', 'refused', 'You are not authorized to perform this operation', 1, 403, '403', false, '2026-11-27T19:30:27.392931+00:00', '2026-11-27T19:30:27.410039+00:00');
INSERT INTO public.rows VALUES ('20261127T193030Z-1fb846', 0, 0, 2, 'A2', '478346000019580101', '', '', true, '["478346000019580101", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:30.536791+00:00', '2026-11-27T19:30:30.556966+00:00');
INSERT INTO public.rows VALUES ('20261127T193030Z-1fb846', 1, 0, 3, 'A3', '478346000019580201', '', '', true, '["478346000019580201", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:30.551831+00:00', '2026-11-27T19:30:30.565972+00:00');
INSERT INTO public.rows VALUES ('20261127T193030Z-1fb846', 2, 0, 4, 'A4', '478346000019580202', '', '', true, '["478346000019580202", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:30.553816+00:00', '2026-11-27T19:30:30.568055+00:00');
INSERT INTO public.rows VALUES ('20261127T193033Z-68d16e', 0, 0, 2, 'A2', '478346000019580203', '', '', true, '["478346000019580203", "yes"]', 'unknown', 'Sent, and no answer was recorded. The next run finds out before it sends again.', 1, NULL, '', false, '2026-11-27T19:30:33.377920+00:00', NULL);
INSERT INTO public.rows VALUES ('20261127T193033Z-68d16e', 1, 0, 3, 'A3', '478346000019580204', '', '', true, '["478346000019580204", "yes"]', 'published', 'Published; its learners were mailed.', 1, 200, '200', false, '2026-11-27T19:30:33.392312+00:00', '2026-11-27T19:30:33.414056+00:00');
INSERT INTO public.runs VALUES ('20261127T193027Z-ab7328', '127.0.0.1:33315', '2026-11-27T19:30:27.304789+00:00', '2026-11-27T19:30:28.433874+00:00', 3, '', 'batchpub publish --period 3 --settle 1 --guard 0.1 --lock 3 --quiet --yes --out out-3241 a.csv', '{"batchpub_version": "0.1.0", "rows": 6, "sandbox": false, "rate": 30, "period_seconds": 3.0, "notify_policy": "sheet"}', '[{"file": "a.csv", "sheet": "", "headings": ["Course ID", "Notify"], "notes": []}]');
INSERT INTO public.runs VALUES ('20261127T193030Z-1fb846', 'localhost:033315', '2026-11-27T19:30:30.486771+00:00', '2026-11-27T19:30:30.574668+00:00', 0, '', '', '{"batchpub_version": "0.1.0", "rows": 3, "sandbox": false, "rate": 30, "period_seconds": 3.0, "notify_policy": "sheet"}', '[{"file": "b.csv", "sheet": "", "headings": ["Course ID", "Notify"], "notes": []}]');
INSERT INTO public.runs VALUES ('20261127T193033Z-68d16e', 'LOCALHOST:33315', '2026-11-27T19:30:33.299688+00:00', NULL, NULL, '', '', '{"batchpub_version": "0.1.0", "rows": 2, "sandbox": false, "rate": 30, "period_seconds": 3.0, "notify_policy": "sheet"}', '[{"file": "c.csv", "sheet": "", "headings": ["Course ID", "Notify"], "notes": []}]');
SELECT pg_catalog.setval('public.calls_call_seq', 100, true);
SELECT pg_catalog.setval('public.locks_lock_seq', 100, true);
ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (call);
ALTER TABLE ONLY public.courses
    ADD CONSTRAINT courses_pkey PRIMARY KEY (portal, course_id, batch_id);
ALTER TABLE ONLY public.locks
    ADD CONSTRAINT locks_pkey PRIMARY KEY (lock);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.portals
    ADD CONSTRAINT portals_pkey PRIMARY KEY (portal);
ALTER TABLE ONLY public.rows
    ADD CONSTRAINT rows_pkey PRIMARY KEY (run, "position");
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (run);
CREATE INDEX calls_by_place ON public.calls USING btree (portal, free_at);
CREATE INDEX calls_by_run ON public.calls USING btree (run);
CREATE INDEX courses_by_change ON public.courses USING btree (portal, changed_at);
CREATE INDEX locks_by_run ON public.locks USING btree (run);

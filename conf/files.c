#include "conf/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/fileio.h"
#include "lib/log.h"

struct conf_files {
	struct conf_arena *arena;
	char *last_good_dir; /* NULL for none */
	char *disabled_dir;  /* the same */
	size_t texts_n;
	struct conf_text *texts;
};

static const char bad_name[] = "its name may hold only letters, digits and -_.@+: (63 at most)";

static char *name_of(struct conf_arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t len = strlen(base);
	if (len > 5 && strcmp(base + len - 5, ".conf") == 0)
		len -= 5;
	return conf_arena_copy(a, base, len);
}

/* Names become parts of messages and of paths in the state directory. */
bool conf_files_name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@+:";
	size_t len = strlen(name);
	return len > 0 && len < 64 && name[0] != '.' && strspn(name, allowed) == len;
}

static struct conf_text *add_text(struct conf_files *f, const char *path)
{
	struct conf_text *t = CONF_PUSH(f->arena, f->texts, f->texts_n);
	*t = (struct conf_text){.file = conf_arena_copy(f->arena, path, strlen(path)),
		.name = name_of(f->arena, path),
		.bytes = ""};
	return t;
}

/* A later directory has the same basename. */
static void mask_earlier(struct conf_files *f, const char *name, const char *by)
{
	for (size_t i = 1; i < f->texts_n; i++)
		if (!f->texts[i].masked_by && strcmp(f->texts[i].name, name) == 0)
			f->texts[i].masked_by = by;
}

static void add_drop_in(struct conf_files *f, const char *dir, const char *base)
{
	const char *path = conf_arena_format(f->arena, "%s/%s", dir, base);
	mask_earlier(f, name_of(f->arena, path), path);
	if (!conf_fileio_is_null(path))
		(void)add_text(f, path);
}

static int is_drop_in(const struct dirent *d)
{
	size_t len = strlen(d->d_name);
	return d->d_name[0] != '.' && len > 5 && strcmp(d->d_name + len - 5, ".conf") == 0;
}

/* Not alphasort(): the order must not depend on the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_directory(struct conf_files *f, const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_drop_in, by_bytes);
	if (n < 0) {
		if (errno != ENOENT)
			log_warn("configuration: directory=%s error=\"%s\"", dir, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		add_drop_in(f, dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static const struct conf_text *find_text(const struct conf_files *f, const char *name)
{
	for (size_t i = 0; f && i < f->texts_n; i++)
		if (!f->texts[i].masked_by && strcmp(f->texts[i].name, name) == 0)
			return &f->texts[i];
	return NULL;
}

/* A copy, but of a text that is the file's present one. */
static void set_last_good(struct conf_files *f, struct conf_text *t, const char *bytes, size_t len)
{
	bool same = !t->unreadable && t->len == len && memcmp(t->bytes, bytes, len) == 0;
	t->last_good = same ? t->bytes : conf_arena_copy(f->arena, bytes, len);
	t->last_good_len = len;
}

/* The text last in force: what the running daemon remembers, else what is on disk. */
static void read_last_good(
	struct conf_files *f, struct conf_text *t, const struct conf_files *before)
{
	const struct conf_text *old = find_text(before, t->name);
	if (old && old->last_good) {
		set_last_good(f, t, old->last_good, old->last_good_len);
		return;
	}
	if (before || !f->last_good_dir || !conf_files_name_ok(t->name))
		return;
	const char *path = conf_arena_format(f->arena, "%s/%s", f->last_good_dir, t->name);
	size_t len;
	char *bytes;
	if (conf_fileio_read(f->arena, path, CONF_FILE_LEN_MAX, &bytes, &len))
		return;
	set_last_good(f, t, bytes, len);
	conf_arena_give_back(f->arena, bytes, len + 1);
}

/* Not the main file, which is the first: without it nothing runs. */
static bool is_disabled(const struct conf_files *f, const struct conf_text *t)
{
	return f->disabled_dir && t != &f->texts[0] && conf_files_name_ok(t->name) &&
	       conf_fileio_exists(conf_arena_format(f->arena, "%s/%s", f->disabled_dir, t->name));
}

static void read_text(struct conf_files *f, struct conf_text *t, size_t taking_part)
{
	char *bytes = NULL;
	if (!conf_files_name_ok(t->name))
		t->unreadable = bad_name;
	else if (taking_part > CONF_FILES_MAX)
		t->unreadable = "one file too many: 256 at most";
	else
		t->unreadable =
			conf_fileio_read(f->arena, t->file, CONF_FILE_LEN_MAX, &bytes, &t->len);
	t->bytes = bytes ? bytes : "";
}

static struct conf_files *files_new(const char *state_dir)
{
	struct conf_arena *a = conf_arena_new();
	struct conf_files *f = conf_arena_alloc(a, sizeof(*f));
	f->arena = a;
	f->last_good_dir = state_dir ? conf_arena_format(a, "%s/last-good", state_dir) : NULL;
	f->disabled_dir = state_dir ? conf_arena_format(a, "%s/disabled", state_dir) : NULL;
	return f;
}

struct conf_files *conf_files_read(const char *main, const char *const *dirs, size_t dirs_n,
	const char *state_dir, const struct conf_files *before)
{
	struct conf_files *f = files_new(state_dir);
	size_t taking_part = 0;
	(void)add_text(f, main);
	for (size_t i = 0; i < dirs_n; i++)
		add_directory(f, dirs[i]);
	for (size_t i = 0; i < f->texts_n; i++) {
		struct conf_text *t = &f->texts[i];
		if (t->masked_by)
			continue;
		read_text(f, t, ++taking_part);
		t->disabled = is_disabled(f, t);
		if (i == 0 || strcmp(t->name, f->texts[0].name) != 0)
			read_last_good(f, t, before);
	}
	return f;
}

static void keep_as_it_was(struct conf_files *f, const struct conf_text *from)
{
	struct conf_arena *a = f->arena;
	struct conf_text *t = CONF_PUSH(a, f->texts, f->texts_n);
	*t = *from;
	t->name = conf_arena_copy(a, from->name, strlen(from->name));
	t->file = conf_arena_copy(a, from->file, strlen(from->file));
	t->bytes = conf_arena_copy(a, from->bytes, from->len);
	if (from->unreadable)
		t->unreadable = conf_arena_copy(a, from->unreadable, strlen(from->unreadable));
	if (from->masked_by)
		t->masked_by = conf_arena_copy(a, from->masked_by, strlen(from->masked_by));
	if (from->last_good)
		set_last_good(f, t, from->last_good, from->last_good_len);
}

/* Is it to be read again? A name is masked by its own kind alone, so the parts fit together. */
static bool is_read_again(const struct conf_files *f, const struct conf_text *t, const char *name)
{
	return name ? strcmp(t->name, name) == 0 : t != &f->texts[0];
}

struct conf_files *conf_files_read_again(const char *main, const char *const *dirs, size_t dirs_n,
	const char *state_dir, const struct conf_files *before, const char *name)
{
	struct conf_files *now = conf_files_read(main, dirs, dirs_n, state_dir, before);
	struct conf_files *f = files_new(state_dir);
	for (size_t i = 0; i < before->texts_n; i++)
		if (!is_read_again(before, &before->texts[i], name))
			keep_as_it_was(f, &before->texts[i]);
	for (size_t i = 0; i < now->texts_n; i++)
		if (is_read_again(now, &now->texts[i], name))
			keep_as_it_was(f, &now->texts[i]);
	conf_files_free(now);
	return f;
}

struct conf_files *conf_files_copy(const struct conf_files *from, const char *state_dir)
{
	struct conf_files *f = files_new(state_dir);
	for (size_t i = 0; i < from->texts_n; i++)
		keep_as_it_was(f, &from->texts[i]);
	return f;
}

static bool words_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static const struct conf_text *text_of_file(const struct conf_files *f, const char *file)
{
	for (size_t i = 0; i < f->texts_n; i++)
		if (strcmp(f->texts[i].file, file) == 0)
			return &f->texts[i];
	return NULL;
}

bool conf_files_equal(const struct conf_files *a, const struct conf_files *b)
{
	bool same = a->texts_n == b->texts_n;
	for (size_t i = 0; same && i < a->texts_n; i++) {
		const struct conf_text *x = &a->texts[i], *y = text_of_file(b, x->file);
		same = y && x->disabled == y->disabled && x->len == y->len &&
		       memcmp(x->bytes, y->bytes, x->len) == 0 &&
		       words_equal(x->masked_by, y->masked_by) &&
		       words_equal(x->unreadable, y->unreadable);
	}
	return same;
}

void conf_files_replace(
	struct conf_files *f, const char *name, const char *file, const char *bytes, size_t len)
{
	struct conf_text *t = (struct conf_text *)find_text(f, name);

	if (!t)
		t = add_text(f, file ? file : conf_arena_format(f->arena, "%s.conf", name));
	t->bytes = conf_arena_copy(f->arena, bytes, len);
	t->len = len;
	t->disabled = false; /* what would it be? */
	t->unreadable = len > CONF_FILE_LEN_MAX       ? "is larger than 1 MB"
			: conf_files_name_ok(t->name) ? NULL
						      : bad_name;
}

const struct conf_text *conf_files_texts(const struct conf_files *f, size_t *n)
{
	*n = f->texts_n;
	return f->texts;
}

static const struct conf_contributor *contributor_of(
	const struct conf *c, const struct conf_text *t)
{
	for (size_t i = 0; i < c->contributors_n; i++) {
		const struct conf_contributor *k = &c->contributors[i];
		if (!k->masked_by && strcmp(k->file, t->file) == 0)
			return k;
	}
	return NULL;
}

/* The text as it stands in the file is in force, at least some of its sections. */
static bool in_force(const struct conf_contributor *k)
{
	return k && !k->quarantined && !k->disabled && !k->unmatched;
}

static void keep_text(struct conf_files *f, struct conf_text *t, const struct conf_contributor *k)
{
	const char *bytes = k->aside_n ? conf_arena_copy(f->arena, k->kept, k->kept_len) : t->bytes;
	size_t len = k->aside_n ? k->kept_len : t->len;
	bool same =
		t->last_good && t->last_good_len == len && memcmp(t->last_good, bytes, len) == 0;
	t->last_good = bytes;
	t->last_good_len = len;
	if (!f->last_good_dir)
		return;
	const char *path = conf_arena_format(f->arena, "%s/%s", f->last_good_dir, t->name);
	if (same && conf_fileio_exists(path))
		return;
	int r = conf_fileio_write(f->arena, f->last_good_dir, t->name, bytes, len);
	if (r < 0)
		log_warn("configuration: last good text not kept file=%s error=\"%s\"", path,
			strerror(-r));
}

static int is_plain(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Removes what files left behind that take part no more. */
static void forget_others(struct conf_files *f)
{
	struct dirent **entries;
	int n = scandir(f->last_good_dir, &entries, is_plain, by_bytes);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		if (!find_text(f, name))
			(void)remove(conf_arena_format(f->arena, "%s/%s", f->last_good_dir, name));
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

void conf_files_keep(struct conf_files *f, const struct conf *c)
{
	for (size_t i = 0; i < f->texts_n; i++) {
		struct conf_text *t = &f->texts[i];
		const struct conf_contributor *k = t->masked_by ? NULL : contributor_of(c, t);
		if (in_force(k))
			keep_text(f, t, k);
	}
	if (f->last_good_dir)
		forget_others(f);
}

struct conf_text *conf_files_in_force(
	const struct conf_files *f, const struct conf *c, struct conf_arena *a, size_t *n)
{
	struct conf_text *out = conf_arena_alloc(a, (f->texts_n + 1) * sizeof(*out));
	*n = 0;
	for (size_t i = 0; i < f->texts_n; i++) {
		const struct conf_text *t = &f->texts[i];
		const struct conf_contributor *k = t->masked_by ? NULL : contributor_of(c, t);
		if (!k || k->disabled || (k->quarantined && !k->last_good))
			continue;
		out[(*n)++] = (struct conf_text){.name = t->name,
			.file = t->file,
			.bytes = k->unmatched ? t->bytes : t->last_good,
			.len = k->unmatched ? t->len : t->last_good_len};
	}
	return out;
}

struct conf_files *conf_files_of(const struct conf_text *texts, size_t n, const char *state_dir)
{
	struct conf_files *f = files_new(state_dir);
	for (size_t i = 0; i < n; i++) {
		struct conf_text *t = add_text(f, texts[i].file);
		t->bytes = t->last_good = conf_arena_copy(f->arena, texts[i].bytes, texts[i].len);
		t->len = t->last_good_len = texts[i].len;
		t->disabled = is_disabled(f, t);
	}
	return f;
}

size_t conf_files_bytes(const struct conf_files *f)
{
	return conf_arena_bytes(f->arena);
}

void conf_files_free(struct conf_files *f)
{
	if (f)
		conf_arena_free(f->arena);
}

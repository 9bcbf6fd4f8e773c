#include "bgpd-lite/history.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/fileio.h"
#include "lib/log.h"

static void entry_path(char path[PATH_MAX], const char *state_dir, uint64_t number)
{
	snprintf(path, PATH_MAX, "%s/history/%010" PRIu64, state_dir, number);
}

static void drop_last(struct history *h, const char *state_dir)
{
	struct history_entry *e = &h->entries[--h->n];
	char path[PATH_MAX];

	entry_path(path, state_dir, e->number);
	(void)unlink(path);
	free(e->text);
	*e = (struct history_entry){0};
}

static size_t bytes_of(const struct history *h)
{
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++)
		n += h->entries[i].len;
	return n;
}

/* Takes text. The newest one comes first. */
static void push(struct history *h, const char *state_dir, uint64_t number,
	const struct conf_history *from, char *text, size_t len, size_t body)
{
	if (h->n == HISTORY_MAX)
		drop_last(h, state_dir);
	memmove(h->entries + 1, h->entries, h->n++ * sizeof(h->entries[0]));
	h->entries[0] = (struct history_entry){.number = number,
		.at_realtime_ns = from->at_realtime_ns,
		.files = from->texts_n,
		.text = text,
		.len = len,
		.body = body};
	snprintf(h->entries[0].origin, sizeof(h->entries[0].origin), "%s", from->origin);
	while (h->n > 1 && bytes_of(h) > HISTORY_BYTES_MAX)
		drop_last(h, state_dir);
}

static void read_entry(struct history *h, const char *state_dir, uint64_t number)
{
	struct conf_arena *a = conf_arena_new();
	struct conf_history from;
	char path[PATH_MAX], *bytes;
	size_t len, body;

	entry_path(path, state_dir, number);
	const char *why = conf_fileio_read(a, path, HISTORY_BYTES_MAX, &bytes, &len);
	bool good = !why && conf_history_decode(a, bytes, len, &from);
	char *text = good ? conf_history_encode(&from, &len, &body) : NULL;
	if (text)
		push(h, state_dir, number, &from, text, len, body);
	else
		log_warn("history entry not read file=%s reason=\"%s\"", path,
			why ? why : "it is not whole");
	conf_arena_free(a);
}

static int is_entry(const struct dirent *d)
{
	return strlen(d->d_name) == 10 && strspn(d->d_name, "0123456789") == 10;
}

void history_read(struct history *h, const char *state_dir)
{
	char path[PATH_MAX];
	struct dirent **names;

	snprintf(path, sizeof(path), "%s/history", state_dir);
	int n = scandir(path, &names, is_entry, alphasort);
	for (int i = 0; i < n; i++) {
		read_entry(h, state_dir, strtoull(names[i]->d_name, NULL, 10));
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static int write_file(const char *dir, const char *name, const char *text, size_t len)
{
	struct conf_arena *a = conf_arena_new();
	int r = conf_fileio_write(a, dir, name, text, len);
	conf_arena_free(a);
	return r;
}

static bool same_texts(const struct history_entry *e, const char *text, size_t len, size_t body)
{
	return e->len - e->body == len - body &&
	       memcmp(e->text + e->body, text + body, len - body) == 0;
}

void history_add(struct history *h, const char *state_dir, const struct conf_history *now)
{
	char dir[PATH_MAX], name[32];
	size_t len, body;
	char *text = conf_history_encode(now, &len, &body);

	if (!text || (h->n && same_texts(&h->entries[0], text, len, body))) {
		free(text);
		return;
	}
	if (len > HISTORY_BYTES_MAX) {
		log_warn("history: configuration not kept reason=\"its %zu bytes are too many\"",
			len);
		free(text);
		return;
	}
	uint64_t number = h->n ? h->entries[0].number + 1 : 1;
	push(h, state_dir, number, now, text, len, body);
	snprintf(dir, sizeof(dir), "%s/history", state_dir);
	snprintf(name, sizeof(name), "%010" PRIu64, number);
	int r = write_file(dir, name, text, len);
	if (r < 0)
		log_warn("history: configuration not kept dir=%s reason=\"%s\"", dir, strerror(-r));
}

void history_free(struct history *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->entries[i].text);
	*h = (struct history){0};
}

/* ---- what is held ---- */

int history_hold(const char *state_dir, const char *text, size_t len)
{
	int r = write_file(state_dir, "held", text, len);
	if (r < 0)
		log_warn("configuration not held over a restart dir=%s reason=\"%s\"", state_dir,
			strerror(-r));
	return r;
}

void history_release(const char *state_dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/held", state_dir);
	if (unlink(path) < 0 && errno != ENOENT)
		log_warn("held configuration not removed file=%s reason=\"%s\"", path,
			strerror(errno));
}

bool history_held(const char *state_dir, struct conf_arena *a, struct conf_history *out)
{
	char path[PATH_MAX], *bytes;
	size_t len;

	snprintf(path, sizeof(path), "%s/held", state_dir);
	if (!conf_fileio_exists(path))
		return false;
	const char *why = conf_fileio_read(a, path, HISTORY_BYTES_MAX, &bytes, &len);
	if (!why && conf_history_decode(a, bytes, len, out))
		return true;
	log_warn("held configuration not used file=%s reason=\"%s\"", path,
		why ? why : "it is not whole");
	return false;
}

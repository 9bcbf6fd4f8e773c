#include "tests/unit/conf/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/dump.h"
#include "conf/text.h"

struct line {
	const char *p;
	size_t len; /* without its line feed */
};

static void copy_word(char out[64], const char *word, size_t len)
{
	snprintf(out, 64, "%.*s", (int)(len < 50 ? len : 50), word);
}

static struct conf_text *add(struct texts *t, const char *name, size_t len)
{
	size_t i = t->n++;
	copy_word(t->bare[i], name, len);
	snprintf(t->names[i], sizeof(t->names[i]), "%.*s.conf", (int)(len < 50 ? len : 50), name);
	t->text[i] = (struct conf_text){.name = t->bare[i], .file = t->names[i], .bytes = ""};
	return &t->text[i];
}

/* The word behind a mark, or NULL when the line is another. */
static const char *after(struct line l, const char *mark, size_t *len)
{
	size_t n = strlen(mark);
	if (l.len < n || memcmp(l.p, mark, n) != 0)
		return NULL;
	*len = l.len - n;
	return l.p + n;
}

/* Where the bytes of the text that goes on are counted. */
static void grow(struct texts *t, bool last_good, struct line l, const char *end)
{
	struct conf_text *now = &t->text[t->n - 1];
	size_t with_feed = l.len + (l.p + l.len < end);
	const char **bytes = last_good ? &now->last_good : &now->bytes;
	size_t *len = last_good ? &now->last_good_len : &now->len;
	if (!*len)
		*bytes = l.p;
	*len = (size_t)(l.p - *bytes) + with_feed;
}

/* True: the line says for which host. */
static bool take_site(struct texts *t, struct line l)
{
	struct conf_site *s = &t->site;
	size_t len;
	const char *word = after(l, ";;; host ", &len);
	if (word) {
		copy_word(t->host, word, len);
		return true;
	}
	word = after(l, ";;; interface ", &len);
	if (!word || s->interfaces_n == TEXTS_INTERFACES_MAX)
		return word;
	copy_word(t->interface[s->interfaces_n], word, len);
	t->interfaces[s->interfaces_n] = t->interface[s->interfaces_n];
	s->interfaces_n++;
	return true;
}

void texts_cut(struct texts *t, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	bool last_good = false;
	t->n = 0;
	t->host[0] = 0;
	t->site = (struct conf_site){t->host, 0, t->interfaces};
	(void)add(t, "main", 4);
	for (const char *p = bytes; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct line l = {p, nl ? (size_t)(nl - p) : (size_t)(end - p)};
		size_t word_len;
		const char *word = after(l, ";;; file ", &word_len);
		p = nl ? nl + 1 : end;
		if (word && t->n < TEXTS_MAX) {
			(void)add(t, word, word_len);
			last_good = false;
		} else if (after(l, ";;; last-good", &word_len)) {
			last_good = true;
			t->text[t->n - 1].last_good = "";
			t->text[t->n - 1].last_good_len = 0;
		} else if (after(l, ";;; masked", &word_len) && t->n > 1) {
			t->text[t->n - 1].masked_by = "later.conf";
		} else if (after(l, ";;; disabled", &word_len) && t->n > 1) {
			t->text[t->n - 1].disabled = true;
		} else if (after(l, ";;; unreadable", &word_len)) {
			t->text[t->n - 1].unreadable = "is a directory, not a file";
		} else if (!take_site(t, l)) {
			grow(t, last_good, l, end);
		}
	}
}

char *texts_read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *bytes = malloc(1 << 16);
	*len = f && bytes ? fread(bytes, 1, (1 << 16) - 1, f) : 0;
	if (bytes)
		bytes[*len] = 0;
	if (f)
		fclose(f);
	return bytes;
}

char *texts_outcome(const struct texts *t)
{
	struct conf_string s = {0};
	bool usable;
	struct conf *c = conf_build(t->text, t->n, &t->site, &usable);
	for (size_t i = 0; i < c->messages_n; i++) {
		const struct conf_message *m = &c->messages[i];
		conf_string_add(&s, "%s:%u: %s: %s\n", m->origin.file, m->origin.line,
			m->error ? "error" : "warning", m->text);
	}
	char *dump = conf_dump(c);
	conf_string_add(&s, "%s\n%s", usable ? "usable" : "not usable", dump);
	free(dump);
	conf_free(c);
	return conf_string_take(&s);
}

/* Turns the texts behind the main one by one place. */
static void rotate(struct texts *t)
{
	struct conf_text first = t->text[1];
	memmove(&t->text[1], &t->text[2], (t->n - 2) * sizeof(first));
	t->text[t->n - 1] = first;
}

static void swap(struct texts *t, size_t i, size_t j)
{
	struct conf_text spare = t->text[i];
	t->text[i] = t->text[j];
	t->text[j] = spare;
}

bool texts_order_matters(struct texts *t, const char *got)
{
	bool matters = false;
	for (size_t i = 1; i < t->n && t->n > 2 && !matters; i++) {
		rotate(t);
		char *other = texts_outcome(t);
		swap(t, 1, t->n - 1);
		char *another = texts_outcome(t);
		swap(t, 1, t->n - 1);
		matters = strcmp(got, other) != 0 || strcmp(got, another) != 0;
		free(other);
		free(another);
	}
	return matters;
}

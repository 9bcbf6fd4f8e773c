#include "tests/unit/conf/texts.h"

#include <stdio.h>
#include <string.h>

struct line {
	const char *p;
	size_t len; /* without its line feed */
};

static struct conf_text *add(struct texts *t, const char *name, size_t len)
{
	size_t i = t->n++;
	snprintf(t->bare[i], sizeof(t->bare[i]), "%.*s", (int)(len < 50 ? len : 50), name);
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

void texts_cut(struct texts *t, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	bool last_good = false;
	t->n = 0;
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
		} else if (after(l, ";;; unreadable", &word_len)) {
			t->text[t->n - 1].unreadable = "is a directory, not a file";
		} else {
			grow(t, last_good, l, end);
		}
	}
}

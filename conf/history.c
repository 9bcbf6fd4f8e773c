#include "conf/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/text.h"

#define HEAD "bgpd-lite history 1"

static bool one_line(const char *s)
{
	return !strchr(s, '\n');
}

static size_t texts_len(const struct conf_history *h)
{
	size_t n = 8;
	for (size_t i = 0; i < h->texts_n; i++)
		n += h->texts[i].len + strlen(h->texts[i].name) + strlen(h->texts[i].file) + 32;
	return n;
}

static size_t add_text(char *to, size_t room, const struct conf_text *t)
{
	size_t n = (size_t)snprintf(to, room, "text %zu %s %s\n", t->len, t->name, t->file);
	memcpy(to + n, t->bytes, t->len);
	to[n + t->len] = '\n';
	return n + t->len + 1;
}

char *conf_history_encode(const struct conf_history *h, size_t *len, size_t *body)
{
	size_t room = texts_len(h) + strlen(h->origin) + 128;
	char *out = malloc(room);

	if (!out)
		abort();
	for (size_t i = 0; i < h->texts_n; i++) {
		if (one_line(h->texts[i].name) && one_line(h->texts[i].file))
			continue;
		free(out);
		return NULL;
	}
	size_t n = (size_t)snprintf(out, room, HEAD "\nat %" PRIu64 "\norigin %.*s\n",
		h->at_realtime_ns, (int)strcspn(h->origin, "\n"), h->origin);
	*body = n;
	for (size_t i = 0; i < h->texts_n; i++)
		n += add_text(out + n, room - n, &h->texts[i]);
	n += (size_t)snprintf(out + n, room - n, "end\n");
	*len = n;
	return out;
}

/* ---- reading ---- */

struct cut {
	struct conf_arena *arena;
	const char *at;
	const char *end;
};

/* The rest of a line that begins with the word; NULL: it does not. */
static char *take_line(struct cut *c, const char *word)
{
	size_t word_len = strlen(word);
	const char *feed = memchr(c->at, '\n', (size_t)(c->end - c->at));

	if (!feed || (size_t)(feed - c->at) < word_len || memcmp(c->at, word, word_len) != 0)
		return NULL;
	char *line = conf_arena_copy(c->arena, c->at + word_len, (size_t)(feed - c->at) - word_len);
	c->at = feed + 1;
	return line;
}

static bool take_number(const char **text, uint64_t *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*out = strtoull(*text, &end, 10);
	*text = end;
	return true;
}

/* "BYTES NAME PATH" and the bytes. */
static bool take_text(struct cut *c, const char *line, struct conf_text *out)
{
	uint64_t len;
	if (!take_number(&line, &len) || *line++ != ' ')
		return false;
	size_t name = strcspn(line, " ");
	if (name == 0 || line[name] != ' ' || (uint64_t)(c->end - c->at) <= len ||
		c->at[len] != '\n')
		return false;
	*out = (struct conf_text){.name = conf_arena_copy(c->arena, line, name),
		.file = line + name + 1,
		.bytes = conf_arena_copy(c->arena, c->at, len),
		.len = len};
	c->at += len + 1;
	return true;
}

bool conf_history_decode(
	struct conf_arena *a, const char *bytes, size_t len, struct conf_history *out)
{
	struct cut c = {.arena = a, .at = bytes, .end = bytes + len};
	struct conf_history h = {0};
	const char *head = take_line(&c, HEAD), *at = head ? take_line(&c, "at ") : NULL;
	const char *line;

	h.origin = at ? take_line(&c, "origin ") : NULL;
	if (!h.origin || *head || !take_number(&at, &h.at_realtime_ns) || *at)
		return false;
	while ((line = take_line(&c, "text "))) {
		struct conf_text *t = CONF_PUSH(a, h.texts, h.texts_n);
		if (!take_text(&c, line, t))
			return false;
	}
	line = take_line(&c, "end");
	if (!line || *line || c.at != c.end || !h.texts_n)
		return false;
	*out = h;
	return true;
}

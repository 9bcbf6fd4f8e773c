#include "conf/reader.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/utf8.h"

struct feed {
	struct conf_report *report;
	struct conf_reader *out;
	const char *next; /* bytes still to be read */
	const char *end;
	unsigned line;
	bool lost; /* behind a section's line that could not be read: its keys are skipped */
};

struct span {
	const char *p;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.len && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* Cuts a comment: `#` or `;` first in the line, or a blank and `;` inside it. */
static struct span without_comment(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool comment = i == 0 ? s.p[i] == '#' || s.p[i] == ';'
				      : s.p[i] == ';' && is_blank(s.p[i - 1]);
		if (comment)
			s.len = i;
	}
	return trim(s);
}

static bool has_hash(struct span s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.p[i] == '#' && is_blank(s.p[i - 1]))
			return true;
	return false;
}

/* One blank between words, none at the ends. */
static char *squeeze(struct conf_arena *a, struct span s)
{
	char *text = conf_arena_copy(a, s.p, s.len);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (is_blank(text[i]) && (n == 0 || text[n - 1] == ' '))
			continue;
		text[n++] = is_blank(text[i]) ? ' ' : text[i];
	}
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = 0;
	return text;
}

/* A section's line: recorded here, and given to inih as its number. */
static bool feed_section(struct feed *f, struct span s, char *out, size_t room)
{
	const char *close = memchr(s.p, ']', s.len);
	f->lost = true;
	if (!close) {
		conf_report_error(f->report, f->line, "the section's name has no ']' at its end");
		return false;
	}
	if (close != s.p + s.len - 1) {
		conf_report_error(f->report, f->line,
			"text behind the ']' of a section; a comment there begins with ';'");
		return false;
	}
	const char *text = squeeze(f->report->arena, (struct span){s.p + 1, s.len - 2});
	if (!*text) {
		conf_report_error(f->report, f->line, "the section has no name");
		return false;
	}
	f->lost = false;
	struct conf_reader_section *section =
		CONF_PUSH(f->report->arena, f->out->sections, f->out->sections_n);
	*section = (struct conf_reader_section){.line = f->line, .text = text};
	snprintf(out, room, "[%zu]", f->out->sections_n - 1);
	return true;
}

/* False and reported where the line is not `key = value`. */
static bool split_item(struct feed *f, struct span s, struct span *key, struct span *value)
{
	const char *equal = memchr(s.p, '=', s.len);
	const char *colon = memchr(s.p, ':', s.len);
	if (colon && (!equal || colon < equal)) {
		conf_report_error(f->report, f->line,
			"':' does not part a key from its value; write 'key = value'");
		return false;
	}
	if (!equal) {
		conf_report_error(f->report, f->line,
			"'%.*s' is neither a [section] nor 'key = value'; a value cannot go on in "
			"the next line",
			(int)(s.len < 40 ? s.len : 40), s.p);
		return false;
	}
	*key = trim((struct span){s.p, (size_t)(equal - s.p)});
	*value = trim((struct span){equal + 1, (size_t)(s.p + s.len - equal - 1)});
	if (!key->len) {
		conf_report_error(f->report, f->line, "there is no key before '='");
		return false;
	}
	if (!value->len) {
		conf_report_error(f->report, f->line,
			"'%.*s' has no value; leave the line out to get the default",
			(int)(key->len < 40 ? key->len : 40), key->p);
		return false;
	}
	return true;
}

static bool feed_item_line(struct feed *f, struct span s, char *out, size_t room)
{
	struct span key, value;
	if (f->lost || !split_item(f, s, &key, &value))
		return false;
	if (!f->out->sections_n) {
		conf_report_error(f->report, f->line, "'%.*s' stands before the first [section]",
			(int)(key.len < 40 ? key.len : 40), key.p);
		return false;
	}
	if (key.len + value.len > CONF_READER_LINE_MAX || key.len + value.len + 2 > room) {
		conf_report_error(f->report, f->line,
			"the line is too long: key and value have %zu bytes, %d at most (a list "
			"may go on in another line with the same key)",
			key.len + value.len, CONF_READER_LINE_MAX);
		return false;
	}
	memcpy(out, key.p, key.len);
	out[key.len] = '=';
	memcpy(out + key.len + 1, value.p, value.len);
	out[key.len + 1 + value.len] = 0;
	return true;
}

/* True when *out is a line for inih. */
static bool feed_raw(struct feed *f, struct span raw, char *out, size_t room)
{
	struct span s = without_comment(trim(raw));
	if (!s.len)
		return false;
	if (has_hash(s)) {
		conf_report_error(f->report, f->line,
			"'#' begins a comment only at the start of a line; inside a line use ';'");
		f->lost = f->lost || s.p[0] == '[';
		return false;
	}
	return s.p[0] == '[' ? feed_section(f, s, out, room) : feed_item_line(f, s, out, room);
}

/* The reader that inih calls: like fgets(). */
static char *feed_line(char *out, int room, void *stream)
{
	struct feed *f = stream;
	while (f->next < f->end) {
		size_t left = (size_t)(f->end - f->next);
		const char *nl = memchr(f->next, '\n', left);
		struct span raw = {f->next, nl ? (size_t)(nl - f->next) : left};
		f->next = nl ? nl + 1 : f->end;
		f->line++;
		if (feed_raw(f, raw, out, (size_t)room))
			return out;
	}
	return NULL;
}

/* What inih cut: section is the number that feed_section() gave. */
static int take_item(void *user, const char *section, const char *name, const char *value)
{
	struct feed *f = user;
	size_t index = strtoul(section, NULL, 10);
	if (index >= f->out->sections_n)
		return 0;
	struct conf_reader_section *s = &f->out->sections[index];
	struct conf_arena *a = f->report->arena;
	*CONF_PUSH(a, s->items, s->items_n) = (struct conf_reader_item){.line = f->line,
		.key = conf_arena_copy(a, name, strlen(name)),
		.value = conf_arena_copy(a, value, strlen(value))};
	return 1;
}

static bool is_text(struct conf_report *report, const char *bytes, size_t len)
{
	unsigned line;
	const char *why = conf_utf8_check(bytes, len, &line);
	if (why)
		conf_report_error(report, line, "%s", why);
	return !why;
}

void conf_reader_read(
	struct conf_report *report, const char *bytes, size_t len, struct conf_reader *out)
{
	static const char bom[] = "\xef\xbb\xbf";
	*out = (struct conf_reader){0};
	if (!is_text(report, bytes, len))
		return;
	if (len >= 3 && memcmp(bytes, bom, 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	struct feed f = {.report = report, .out = out, .next = bytes, .end = bytes + len};
	if (ini_parse_stream(feed_line, &f, take_item, &f) != 0)
		conf_report_error(report, f.line, "inih cannot read a line of this file");
}

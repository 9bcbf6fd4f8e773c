/* Several files, some with a last good text: conf_build() must never fail, and its result must not
 * depend on the order of the texts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/dump.h"
#include "tests/unit/conf/texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_exact(const char **bytes, size_t len)
{
	char *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, *bytes, len);
	*bytes = copy;
}

static char *built(const struct texts *t)
{
	bool usable;
	struct conf *c = conf_build(t->text, t->n, &t->site, &usable);
	char *text = conf_dump(c);
	for (size_t i = 0; i < c->messages_n; i++)
		if (!c->messages[i].origin.file || strchr(c->messages[i].text, '\n'))
			abort();
	conf_free(c);
	return text;
}

static bool names_differ(const struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(t->bare[i], t->bare[j]) == 0)
				return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct texts t;
	texts_cut(&t, (const char *)data, size);
	for (size_t i = 0; i < t.n; i++) {
		copy_exact(&t.text[i].bytes, t.text[i].len);
		if (t.text[i].last_good)
			copy_exact(&t.text[i].last_good, t.text[i].last_good_len);
	}
	char *first = built(&t);
	for (size_t i = 1, j = t.n - 1; i < j; i++, j--) {
		struct conf_text spare = t.text[i];
		t.text[i] = t.text[j];
		t.text[j] = spare;
	}
	char *second = built(&t);
	if (names_differ(&t) && strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
	for (size_t i = 0; i < t.n; i++) {
		free((void *)t.text[i].bytes);
		free((void *)t.text[i].last_good);
	}
	return 0;
}

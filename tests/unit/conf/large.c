/* conf: files that are as large as they may be, many that contradict each other, circles: clear
 * errors, few messages, and an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <malloc.h>

#include "conf/files.h"
#include "conf/report.h"
#include "conf/source.h"
#include "conf/text.h"

enum {
	RIVALS = 100,
};

static const char owner[] = "[bgp]\nlocal-as = 64512\n[contributor r*]\n"
			    "may = neighbors, import, announce\n";

static struct conf_text text_of(const char *name, char *bytes)
{
	return (struct conf_text){.name = name, .file = name, .bytes = bytes, .len = strlen(bytes)};
}

static size_t errors_of(const struct conf *c, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < c->messages_n; i++)
		n += c->messages[i].error && strcmp(c->messages[i].contributor, name) == 0;
	return n;
}

static void expect_bounded(char *bytes, const char *says)
{
	struct conf_text texts[] = {text_of("main", (char *)owner), text_of("big", bytes)};
	bool usable, said = false;
	struct conf *c = conf_build(texts, 2, NULL, &usable);
	assert_true(usable);
	assert_true(c->contributors[1].quarantined);
	assert_in_range(errors_of(c, "big"), 1, CONF_REPORT_MAX + 1);
	for (size_t i = 0; i < c->messages_n; i++)
		said |= strstr(c->messages[i].text, says) != NULL;
	assert_true(said);
	conf_free(c);
	free(bytes);
}

static void many_sections(void **state)
{
	(void)state;
	struct conf_string s = {0};
	for (int i = 0; i < 100000; i++)
		conf_string_add(&s, "[vrf %x]\n", i);
	expect_bounded(conf_string_take(&s), "belongs to the owner");
	s = (struct conf_string){0};
	for (int i = 0; i < 100000; i++)
		conf_string_add(&s, "[kernel]\n");
	expect_bounded(conf_string_take(&s), "is in this file twice, first in line 1");
	s = (struct conf_string){0};
	for (int i = 0; i < 100000; i++)
		conf_string_add(&s, "[x%d]\n", i);
	expect_bounded(conf_string_take(&s), "unknown section [x0]");
}

static void many_neighbours(void **state)
{
	(void)state;
	struct conf_string s = {0};
	for (int i = 0; i < CONF_NEIGHBORS_MAX + 2; i++)
		conf_string_add(&s, "[neighbor 10.0.%d.%d]\n", i / 256, i % 256);
	char *bytes = conf_string_take(&s);
	struct conf_text texts[] = {text_of("main", (char *)owner), text_of("r", bytes)};
	bool usable;
	struct conf *c = conf_build(texts, 2, NULL, &usable);
	assert_int_equal(errors_of(c, "r"), 1);
	size_t i = 0;
	while (!c->messages[i].error)
		i++;
	assert_int_equal(c->messages[i].origin.line, CONF_NEIGHBORS_MAX + 1);
	assert_non_null(strstr(c->messages[i].text, "a file may have 4096"));
	conf_free(c);
	free(bytes);
}

static void a_long_circle_of_templates(void **state)
{
	(void)state;
	struct conf_string s = {0};
	for (int i = 0; i < 10000; i++)
		conf_string_add(&s, "[template t%d]\ntemplate = t%d\n", i, (i + 1) % 10000);
	for (int i = 0; i < 4000; i++)
		conf_string_add(&s, "[neighbor 10.0.%d.%d]\ntemplate = t%d\n", i / 256, i % 256, i);
	expect_bounded(conf_string_take(&s), "circle");
}

/* Every file contradicts every other in every section: the first by name stays. last_good: all
 * texts were in force before, under an owner that decided. */
static void rivals(bool last_good)
{
	struct conf_text texts[RIVALS + 1] = {text_of("main", (char *)owner)};
	char names[RIVALS][8];
	bool usable;
	for (int i = 0; i < RIVALS; i++) {
		struct conf_string s = {0};
		for (int k = 0; k < 50; k++)
			conf_string_add(&s, "[neighbor 10.0.0.%d]\nremote-as = %d\n", k, 65000 + i);
		snprintf(names[i], sizeof(names[i]), "r%03d", i);
		texts[i + 1] = text_of(names[i], conf_string_take(&s));
		if (last_good) {
			texts[i + 1].last_good = texts[i + 1].bytes;
			texts[i + 1].last_good_len = texts[i + 1].len;
		}
	}
	struct conf *c = conf_build(texts, RIVALS + 1, NULL, &usable);
	assert_int_equal(c->neighbors_n, 50);
	for (int i = 0; i < RIVALS; i++) {
		assert_false(c->contributors[i + 1].quarantined);
		assert_int_equal(c->contributors[i + 1].aside_n, i ? 50 : 0);
		assert_int_equal(errors_of(c, names[i]) != 0, i != 0);
		free((char *)texts[i + 1].bytes);
	}
	assert_int_equal(c->neighbors[7].remote_as, 65000);
	conf_free(c);
}

static void many_rivals(void **state)
{
	(void)state;
	rivals(false);
	rivals(true);
}

static size_t allocated(void)
{
	struct mallinfo2 m = mallinfo2(); /* all 0 under a sanitizer, which has its own malloc */
	return m.uordblks + m.hblkhd;
}

/* What was only needed to read a long list is not kept beside it. */
static void memory_of_many_announcements(void **state)
{
	(void)state;
	struct conf_string s = {0};
	conf_string_add(&s, "[bgp]\nlocal-as = 64512\n[announce many]\nto = all\n");
	for (unsigned i = 0; i < 10000; i++)
		conf_string_add(&s, "prefix = 10.%u.%u.0/24\n", i / 256, i % 256);
	struct conf_text text = text_of("main", conf_string_take(&s));
	bool usable;
	size_t before = allocated();
	struct conf *c = conf_build(&text, 1, NULL, &usable);
	size_t used = allocated() - before;
	assert_int_equal(c->announcements[0].prefixes_n, 10000);
	if (used > 5000000)
		fail_msg("%zu bytes", used);
	conf_free(c);
	free((char *)text.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_sections),
		cmocka_unit_test(many_neighbours),
		cmocka_unit_test(a_long_circle_of_templates),
		cmocka_unit_test(many_rivals),
		cmocka_unit_test(memory_of_many_announcements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

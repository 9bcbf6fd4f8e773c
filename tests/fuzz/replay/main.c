/* Runs a fuzz target over every file of a folder: the seeds and past finds, with any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_run(const char *folder, const char *name)
{
	static uint8_t buffer[1 << 20];
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return 1;
	}
	size_t n = fread(buffer, 1, sizeof(buffer), f);
	fclose(f);
	uint8_t *exact = malloc(n ? n : 1);
	if (!exact)
		return 1;
	for (size_t i = 0; i < n; i++)
		exact[i] = buffer[i];
	int bad = LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return bad;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	if (!dir) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	int bad = 0, files = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		bad |= file_run(argv[1], e->d_name);
		files++;
	}
	closedir(dir);
	printf("%d files\n", files);
	return bad || files == 0;
}

/* SPDX-License-Identifier: ISC */
/* embed IN OUT NAME - the bytes of IN as a C array NAME[], and NAME_size; runs in the build */
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	FILE *in, *out;
	size_t n = 0;
	int c;

	if (argc != 4) {
		fputs("usage: embed IN OUT NAME\n", stderr);
		return EXIT_FAILURE;
	}
	in = fopen(argv[1], "rbe");
	if (!in)
		return fail(argv[1]);
	out = fopen(argv[2], "we");
	if (!out)
		return fail(argv[2]);
	fprintf(out, "#include <stddef.h>\n\nextern const unsigned char %s[];\n", argv[3]);
	fprintf(out, "extern const size_t %s_size;\n\n", argv[3]);
	fprintf(out, "_Alignas(16) const unsigned char %s[] = {", argv[3]);
	while ((c = getc(in)) != EOF)
		fprintf(out, "%s%d,", n++ % 16 ? "" : "\n\t", c);
	fprintf(out, "\n};\nconst size_t %s_size = sizeof(%s);\n", argv[3], argv[3]);
	/* An empty image would be a program that cannot start: better no library. */
	if (n == 0 || ferror(in) || fclose(out) != 0)
		return fail("embed");
	fclose(in);
	return EXIT_SUCCESS;
}

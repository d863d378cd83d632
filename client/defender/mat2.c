#include "mat2.h"

#define PATIENCE_MS 60000 /* a long film, a hundred pages */

/* mat2 takes a file and writes one beside it. Its office formats are archives, in which it leaves who
 * commented, who changed what, and where the file was kept: looked for in every part's tags, and then there
 * is no copy. */
#define LOOK                                                                                                 \
	"import re, sys, zipfile\n"                                                                          \
	"archive = zipfile.ZipFile(sys.argv[1])\n"                                                           \
	"left = "                                                                                            \
	"rb'(?i)<[^<>]*\\b(author|creator|initials|text:sender|printed-by|username|abspath)|file:/'\n"       \
	"left += rb'|printer(name|setup)\"[^>]*>[^<]'\n"                                                     \
	"sys.exit(any(re.search(left, archive.read(name)) for name in archive.namelist()))\n"
#define CLEAN                                                                                                \
	"cat >in.\"$1\" && mat2 in.\"$1\" >&2 && "                                                           \
	"{ [ \"$2\" != look ] || python3 -I -c \"$3\" in.cleaned.\"$1\"; } && cat in.cleaned.\"$1\""

struct locked_tool mat2_for(enum document document, uint64_t most_bytes)
{
	return (struct locked_tool){
		.words = { "/usr/bin/sh", "-c", CLEAN, "sh", document_extension(document),
			document_is_archive(document) ? "look" : "", LOOK, NULL },
		.writes_files = true,
		.most_bytes = most_bytes,
		.patience_ms = PATIENCE_MS,
	};
}

# A Pulumi token around recipes. Include this last in your Makefile; it needs GNU make 3.81 or later.
#
#   deploy:
#   	$(PULUMI_TOKEN_EXEC) pulumi up --yes        # a token for one command
#
#   PULUMI_TOKEN_GOALS = deploy destroy             # a token around whole goals: their recipes find it in the
#   include pulumi-token.mk                         # environment, and it is revoked when make ends
#
# PULUMI_TOKEN_BIN        the executable (pulumi-token)
# PULUMI_TOKEN_FLAGS      options of exec, such as --ttl 20m
# PULUMI_TOKEN_GOALS      goals, patterns too, that get a token when make is asked for them; set it before the include
# PULUMI_TOKEN_MAKEFILES  what make was given with -f, where that is more than one file
#
# The token is in the environment of recipes only: write $$PULUMI_ACCESS_TOKEN in a recipe, never a make variable.
# docs/make.md says what is done how, and what it cannot do.

ifndef pulumi_token_included
pulumi_token_included := yes

PULUMI_TOKEN_BIN ?= pulumi-token
PULUMI_TOKEN_FLAGS ?=
PULUMI_TOKEN_GOALS ?=
# A makefile of the variable MAKEFILES is read anyway.
PULUMI_TOKEN_MAKEFILES ?= $(firstword $(filter-out $(MAKEFILES),$(MAKEFILE_LIST)))

# Where all variables are exported, a make below this one must not take ours for its own.
unexport PULUMI_TOKEN_EXEC PULUMI_TOKEN_OUTSIDE pulumi_token_included

pulumi_token_comma := ,
ifneq ($(findstring $(pulumi_token_comma),$(PULUMI_TOKEN_GOALS))$(findstring :,$(PULUMI_TOKEN_GOALS))$(findstring ",$(PULUMI_TOKEN_GOALS))$(findstring ',$(PULUMI_TOKEN_GOALS)),)
$(error PULUMI_TOKEN_GOALS has a comma, a colon, or a quote: separate the goals by spaces)
endif

# Where the token has another name, PULUMI_ACCESS_TOKEN is the credential that has minted it.
pulumi_token_job := $(PULUMI_ACCESS_TOKEN_ID)
ifdef PULUMI_TOKEN_VARIABLE
ifdef PULUMI_ACCESS_TOKEN
pulumi_token_job :=
endif
endif

ifneq ($(PULUMI_TOKEN_MAKE)$(pulumi_token_job),)

# Inside: a make above this one, or the CI job, has a token. Recipes use it, and nothing more is done.
PULUMI_TOKEN_EXEC =

# Of several makefiles after -f, this make was given those of PULUMI_TOKEN_MAKEFILES. What the one outside read in the
# others is missing here. Makes below this one read files of their own.
unexport PULUMI_TOKEN_READ
ifdef PULUMI_TOKEN_READ
ifeq ($(PULUMI_TOKEN_MAKE),$(MAKELEVEL))
pulumi_token_missing = $(filter-out $(MAKEFILE_LIST),$(value PULUMI_TOKEN_READ))
%: export pulumi_token_unread = $(if $(pulumi_token_missing),$(error name in PULUMI_TOKEN_MAKEFILES what make was given with -f: under the token it did not read $(pulumi_token_missing)))
endif
endif

else

PULUMI_TOKEN_EXEC = $(PULUMI_TOKEN_BIN) exec $(PULUMI_TOKEN_FLAGS) --

pulumi_token_wanted := $(filter $(PULUMI_TOKEN_GOALS),$(or $(MAKECMDGOALS),$(.DEFAULT_GOAL)))
# Nothing is run with -n, -q or -t. MFLAGS is MAKEFLAGS without variables; make 3.81 has letters in several of its words.
pulumi_token_switches := $(filter-out --% -I% -j% -l% -O%,$(filter -%,$(MFLAGS)))
pulumi_token_idle := $(strip $(foreach switch,n q t,$(findstring $(switch),$(pulumi_token_switches))))

ifeq ($(pulumi_token_idle),)

# make takes a goal with a space for two, and would run its recipe without a token.
pulumi_token_empty :=
pulumi_token_blank := $(pulumi_token_empty) $(pulumi_token_empty)
pulumi_token_is_goal = $(findstring $(pulumi_token_blank)$@$(pulumi_token_blank),$(pulumi_token_blank)$(MAKECMDGOALS)$(pulumi_token_blank))
pulumi_token_is_listed = $(or $(pulumi_token_wanted),$(filter $(PULUMI_TOKEN_GOALS),$(subst $(pulumi_token_blank),^,$@)))
%: export pulumi_token_space = $(if $(word 2,$@),$(if $(pulumi_token_is_goal),$(if $(pulumi_token_is_listed),$(error the goal '$@' has a space in its name: run $(PULUMI_TOKEN_BIN) exec -- $(notdir $(MAKE)) '$@'))))

ifneq ($(pulumi_token_wanted),)

# Outside: this make runs one thing, which is a second make for the same goals inside `exec`, whose end, failure and
# interrupt are the token's.
PULUMI_TOKEN_OUTSIDE := yes

# -o FILE and -W FILE are in no variable of make, so the make inside would not get them. A blank within a word is not
# of importance here, and what follows the letter of another option is its value.
pulumi_token_line := $(shell tr ' \0' '_\n' 2>/dev/null </proc/$$PPID/cmdline || ps -o args= -p $$PPID)
pulumi_token_letters := $(filter-out --% -C% -E% -f% -I% -j% -l% -O%,$(filter -%,$(pulumi_token_line)))
ifneq ($(findstring o,$(pulumi_token_letters))$(findstring W,$(pulumi_token_letters))$(filter --old-file% --assume-old% --what-if% --new-file% --assume-new%,$(pulumi_token_line)),)
$(error -o and -W do not reach the goals of PULUMI_TOKEN_GOALS: run $(PULUMI_TOKEN_BIN) exec -- $(notdir $(MAKE)) with them)
endif

# What make itself cannot tell of the rules of these goals: which have two colons, and which recipe has a function that
# does something each time it is expanded, which the make outside does once more after the token. In one line, because
# make has its own idea of several.
define pulumi_token_newline


endef
define pulumi_token_reader
function is_asked(target, at, goal, i) {
    at = index(target, "%");
    for (i in goals) {
        goal = goals[i];
        if (goal == target || at && substr(goal, 1, at - 1) == substr(target, 1, at - 1) &&
            length(goal) >= length(target) - 1 &&
            substr(goal, length(goal) - length(target) + at + 1) == substr(target, at + 1)) return 1;
    }
    return 0;
}
BEGIN { split(asked, goals, " "); }
FNR == 1 { hidden = listed = included = 0; }
/^-?include .*pulumi-token\.mk/ { included = 1; }
included && /^ifndef PULUMI_TOKEN_OUTSIDE/ { hidden = 1; }
hidden { if (/^(else|endif)/) hidden = 0; next; }
/^[^\t#=]*:([^=]|$$)/ {
    colon = index($$0, ":");
    count = split(substr($$0, 1, colon - 1), targets, " ");
    listed = 0;
    for (i = 1; i <= count; i++) if (is_asked(targets[i])) {
        listed = 1;
        if (substr($$0, colon + 1, 1) == ":") print "::" targets[i];
    }
}
listed && (/^\t/ || /;/) && /[$$][({](info|warning|error|file)[ \t]/ { print FILENAME ":" FNR; exit; }
endef
pulumi_token_rules := $(shell awk -v asked='$(subst ','\'',$(MAKECMDGOALS))' '$(subst $(pulumi_token_newline), ,$(pulumi_token_reader))' $(filter-out %pulumi-token.mk,$(MAKEFILE_LIST)) 2>/dev/null)
pulumi_token_again := $(filter-out ::%,$(pulumi_token_rules))
ifneq ($(pulumi_token_again),)
$(error $(pulumi_token_again): a function of this recipe would run a second time, without the token: put the rule below the include, between ifndef PULUMI_TOKEN_OUTSIDE and endif)
endif
pulumi_token_doubles := $(filter $(patsubst ::%,%,$(filter ::%,$(pulumi_token_rules))),$(pulumi_token_wanted))

.PHONY: .pulumi-token-run
.pulumi-token-run: override SHELL := /bin/sh
.pulumi-token-run: override .SHELLFLAGS := -c
.pulumi-token-run:
	@+exec env PULUMI_TOKEN_MAKE="$$MAKELEVEL" PULUMI_TOKEN_READ='$(subst ','\'',$(MAKEFILE_LIST))' $(PULUMI_TOKEN_EXEC) $(MAKE) $(foreach name,$(PULUMI_TOKEN_MAKEFILES),-f '$(name)') $(foreach goal,$(MAKECMDGOALS),'$(subst ','\'',$(goal))')

ifeq ($(MAKECMDGOALS),)
.DEFAULT_GOAL := .pulumi-token-run
else
# What the goals were to do here is done by a shell that does nothing, and in silence. Their prerequisites inherit that.
# A target with a SHELL of its own is told to read and not to run, which make 3.81 cannot say.
.SILENT:
$(MAKECMDGOALS): override SHELL := true
$(MAKECMDGOALS): override .SHELLFLAGS := -n -c
ifneq ($(filter-out $(pulumi_token_doubles),$(pulumi_token_wanted)),)
$(filter-out $(pulumi_token_doubles),$(pulumi_token_wanted)): .pulumi-token-run
endif
ifneq ($(pulumi_token_doubles),)
$(pulumi_token_doubles):: .pulumi-token-run
endif
endif

else

# The list may be set, and the default goal be known, only below this line. Made without a token, a goal would use the
# credential that mints.
pulumi_token_asked = $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
pulumi_token_is_late = $(filter $(PULUMI_TOKEN_GOALS),$(pulumi_token_asked))
%: export pulumi_token_late = $(if $(pulumi_token_is_late),$(error include pulumi-token.mk last: PULUMI_TOKEN_GOALS or the default goal became known after it, too late for a token))

# Nor is a goal of the list made for another goal, and what it needs inherits that. A makefile is no goal.
pulumi_token_goal = $(if $(pulumi_token_is_late),,$(filter-out $(MAKEFILE_LIST),$@))
pulumi_token_lone = $(error $@ is made for a goal of PULUMI_TOKEN_GOALS, and make was asked for $(pulumi_token_asked): add that to PULUMI_TOKEN_GOALS)
%: export pulumi_token_listed = $(if $(filter $(PULUMI_TOKEN_GOALS),$(pulumi_token_goal)),$(pulumi_token_lone))
ifneq ($(strip $(PULUMI_TOKEN_GOALS)),)
$(PULUMI_TOKEN_GOALS): export pulumi_token_needed = $(if $(pulumi_token_goal),$(pulumi_token_lone))
endif

endif
endif
endif
endif

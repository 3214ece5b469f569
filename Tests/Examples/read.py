#!/usr/bin/env python3
"""Reads examples for tests: the code blocks of documents, and CI configurations as the stages that a runner makes of them.

    read.py blocks FILE...                       all code blocks, as JSON
    read.py plan KIND FILE [INPUT=VALUE...]      the jobs of a configuration, as JSON
    read.py inputs FILE                          the names of a component's inputs, and their defaults

A plan is a list of jobs {"name", "environment", "identity", "stages"}; a stage is a script with the shell that runs it:
{"name", "shell", "text", "environment", "when", "uses", "with", "continues", "image"}. Whatever is not understood is an
error: an example that is run only in part would prove nothing.
"""
import json
import os
import re
import sys

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The component that configurations include: that of a release, or of the sources.
COMPONENT = os.environ.get("PULUMI_TOKEN_COMPONENT", "templates/pulumi-token.yml")


class NotUnderstood(Exception):
    pass


# MARK: YAML


class Reference(list):
    """GitLab's `!reference [job, key...]`."""


# The parser in C, where the package has it: ten times as fast.
class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    pass


Loader.add_constructor("!reference", lambda loader, node: Reference(loader.construct_sequence(node)))
# `on:` is a key of workflows and not a switch.
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def documents(text):
    return [document for document in yaml.load_all(text, Loader) if document is not None]


def text_of(value):
    """A scalar as a runner hands it to a process."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def texts(mapping):
    result = {}
    for name, value in (mapping or {}).items():
        result[name] = text_of(value.get("value", "") if isinstance(value, dict) else value)
    return result


def lines(value):
    return [value] if isinstance(value, str) else list(value or [])


def known(mapping, keys, place):
    strange = set(mapping) - set(keys.split())
    if strange:
        raise NotUnderstood(f"{place}: {', '.join(sorted(map(str, strange)))}")


def stage(text, shell=("sh", "-e"), **more):
    return {
        "name": "script", "shell": list(shell), "text": text, "environment": {}, "when": "success", "uses": "",
        "with": {}, "continues": False, "image": "", **more,
    }


def job(name, stages, environment=None, identity=None):
    return {"name": name, "environment": environment or {}, "identity": identity or {}, "stages": stages}


# MARK: Documents


def blocks(path):
    """Fenced blocks: {"file","line","language","label","text"}; the label is an HTML comment just above."""
    found, label, fence = [], "", None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            stripped = line.strip()
            if fence is not None:
                if stripped.startswith("```"):
                    found.append(fence)
                    fence, label = None, ""
                else:
                    fence["text"] += line[fence["indent"]:] if line[: fence["indent"]].isspace() else line
            elif stripped.startswith("```"):
                language = stripped[3:].strip().split(" ")[0]
                fence = {
                    "file": os.path.relpath(path, ROOT), "line": number, "language": language, "label": label,
                    "text": "", "indent": len(line) - len(line.lstrip()),
                }
            elif stripped.startswith("<!--") and stripped.endswith("-->"):
                label = stripped[4:-3].strip()
            elif stripped:
                label = ""
    if fence is not None:
        raise NotUnderstood(f"{path}: a block without an end at line {fence['line']}")
    return found


# MARK: GitLab


def merged(base, over):
    """As `extends` merges: hashes deeply, everything else replaced."""
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def with_inputs(text, inputs):
    """A configuration with its `spec:` and the values of its inputs in their places."""
    parsed = list(yaml.load_all(text, Loader))
    if len(parsed) == 1:
        return parsed[0]
    declared = parsed[0]["spec"]["inputs"]
    strange = set(inputs) - set(declared)
    if strange:
        raise NotUnderstood(f"inputs {', '.join(sorted(strange))}")
    values = {}
    for name, about in declared.items():
        value = inputs.get(name, (about or {}).get("default"))
        if value is None:
            raise NotUnderstood(f"the input {name} has no value")
        pattern = (about or {}).get("regex")
        if pattern and not re.search(pattern, text_of(value)):
            raise NotUnderstood(f"the input {name} is {value!r}")
        values[name] = text_of(value)

    def filled(node):
        if isinstance(node, str):
            return re.sub(r"\$\[\[ *inputs\.([\w-]+) *\]\]", lambda match: values[match[1]], node)
        if isinstance(node, Reference):
            return node
        if isinstance(node, list):
            return [filled(item) for item in node]
        if isinstance(node, dict):
            return {key: filled(value) for key, value in node.items()}
        return node

    return filled(parsed[1])


# The component, as everybody can fetch it.
REMOTE = re.compile(r"https://raw\.githubusercontent\.com/pulumi-token/pulumi-token/v[\d.]+/templates/pulumi-token\.yml$")


def gitlab_config(text, folder, inputs):
    config = with_inputs(text, inputs)
    whole = {}
    includes = config.pop("include", [])
    for include in includes if isinstance(includes, list) else [includes]:
        known(include, "component local project file ref remote inputs", "include")
        path = include.get("local") or include.get("file") or COMPONENT
        if "component" in include and not re.search(r"/pulumi-token/pulumi-token@\S+$", include["component"]):
            raise NotUnderstood(f"component {include['component']}")
        if "remote" in include and not REMOTE.match(include["remote"]):
            raise NotUnderstood(f"remote {include['remote']}")
        place = COMPONENT if path == COMPONENT else path.lstrip("/")
        place = os.path.join(ROOT, place)
        with open(place, encoding="utf-8") as file:
            whole = merged(whole, gitlab_config(file.read(), folder, include.get("inputs", {})))
    return merged(whole, config)


def gitlab(text, inputs):
    config = gitlab_config(text, ROOT, inputs)
    words = "default stages workflow variables image before_script after_script".split()
    jobs = {name: value for name, value in config.items() if name not in words}

    def resolved(name):
        own = dict(jobs[name])
        base = {}
        for parent in lines(own.pop("extends", [])):
            base = merged(base, resolved(parent))
        return merged(base, own)

    def script(value):
        """Lines, with references and nested lists in their places."""
        result = []
        for item in [value] if isinstance(value, (str, Reference)) else value or []:
            if isinstance(item, Reference):
                node = resolved(item[0])
                for key in item[1:]:
                    node = node[key]
                result += script(node)
            elif isinstance(item, list):
                result += script(item)
            else:
                result.append(item)
        return result

    default = merged({key: config[key] for key in ("image", "before_script", "after_script") if key in config},
                     config.get("default", {}))
    result = []
    for name in jobs:
        if name.startswith("."):
            continue
        whole = merged(default, resolved(name))
        known(whole, "image before_script script after_script variables id_tokens stage rules environment needs "
                     "resource_group tags timeout interruptible retry when", f"job {name}")
        result.append(job(
            name,
            [
                stage("", name="script", lines=script(whole.get("before_script")) + script(whole["script"])),
                stage("", name="after_script", lines=script(whole.get("after_script")), when="always"),
            ],
            {**texts(config.get("variables")), **texts(whole.get("variables"))},
            {key: lines(value["aud"]) for key, value in whole.get("id_tokens", {}).items()},
        ))
    return result


# MARK: GitHub


def combinations(matrix):
    result = [{}]
    for name, values in matrix.items():
        result = [{**one, name: text_of(value)} for one in result for value in values]
    return result


def github(text):
    config = documents(text)[0]
    known(config, "name on permissions env jobs defaults concurrency", "workflow")
    result = []
    for name, about in config["jobs"].items():
        known(about, "name runs-on permissions env steps strategy needs if environment timeout-minutes container "
                     "concurrency defaults outputs", f"job {name}")
        permissions = {**(config.get("permissions") or {}), **(about.get("permissions") or {})}
        for chosen in combinations((about.get("strategy") or {}).get("matrix") or {}):
            stages = []
            for number, step in enumerate(about["steps"]):
                known(step, "name id uses with run shell env if working-directory timeout-minutes continue-on-error",
                      f"step {number} of {name}")
                shell = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], "sh": ["sh", "-e"],
                         None: ["bash", "-e"]}[step.get("shell")]
                stages.append(stage(
                    step.get("run", ""), shell, name=step.get("id", ""), uses=step.get("uses", ""),
                    environment=texts(step.get("env")), when=github_condition(step.get("if")),
                    **{"with": texts(step.get("with"))},
                ))
            label = " ".join([name, *chosen.values()])
            environment = {**texts(config.get("env")), **texts(about.get("env"))}
            identity = {"github": ["*"]} if permissions.get("id-token") == "write" else {}
            result.append({**job(label, stages, environment, identity), "matrix": chosen,
                           "outputs": texts(about.get("outputs"))})
    return result


def github_condition(condition):
    if condition is None:
        return "success"
    text = re.sub(r"^\$\{\{ *(.*?) *\}\}$", r"\1", text_of(condition))
    kinds = {"always()": "always", "success()": "success", "failure()": "failure", "!cancelled()": "always"}
    if text not in kinds:
        raise NotUnderstood(f"if: {condition}")
    return kinds[text]


# MARK: The others


def azure(text):
    config = documents(text)[0]
    known(config, "trigger pr pool variables steps", "pipeline")
    stages = []
    for number, step in enumerate(config["steps"]):
        known(step, "script bash displayName env condition name", f"step {number}")
        when = {"always()": "always", None: "success"}[step.get("condition")]
        # A script runs in sh or bash without errexit; only its last command counts.
        stages.append(stage(step.get("script") or step.get("bash"), ("bash", "--noprofile", "--norc"), when=when,
                            environment=texts(step.get("env"))))
    return [job("azure", stages, texts(config.get("variables")))]


def circleci(text):
    config = documents(text)[0]
    known(config, "version jobs workflows", "config")
    result = []
    for name, about in config["jobs"].items():
        known(about, "docker machine steps environment resource_class", f"job {name}")
        stages = []
        for step in about["steps"]:
            if step == "checkout":
                continue
            run = step["run"] if isinstance(step["run"], dict) else {"command": step["run"]}
            known(run, "name command when environment shell", "run")
            when = {"always": "always", "on_fail": "failure", "on_success": "success", None: "success"}[run.get("when")]
            shell = run.get("shell", "bash -eo pipefail").split()
            stages.append(stage(run["command"], shell, when=when,
                                environment=texts(run.get("environment"))))
        result.append(job(name, stages, texts(about.get("environment"))))
    return result


def buildkite(text):
    config = documents(text)[0]
    known(config, "steps env", "pipeline")
    result = []
    for number, step in enumerate(config["steps"]):
        known(step, "label command commands env key timeout_in_minutes plugins", f"step {number}")
        script = "\n".join(lines(step.get("commands") or step.get("command")))
        result.append(job(step.get("label", str(number)), [stage(script, ("bash", "-e"), environment=texts(step.get("env")))],
                          texts(config.get("env"))))
    return result


def bitbucket(text):
    config = documents(text)[0]
    known(config, "image pipelines definitions options", "config")
    result = []
    for entry in config["pipelines"]["default"]:
        step = entry["step"]
        known(step, "name script after-script oidc deployment image", "step")
        stages = [stage("\n".join(lines(step["script"])), ("bash", "-e"))]
        if "after-script" in step:
            stages.append(stage("\n".join(lines(step["after-script"])), ("bash", "-e"), when="always"))
        oidc = step.get("oidc")
        audiences = oidc["audiences"] if isinstance(oidc, dict) else ["*"]
        identity = {"BITBUCKET_STEP_OIDC_TOKEN": audiences} if oidc else {}
        result.append(job(step.get("name", "step"), stages, identity=identity))
    return result


def travis(text):
    config = documents(text)[0]
    known(config, "language os dist install script after_script env", "config")
    # One shell for all phases; a failing line does not end it, but counts.
    script = lines(config.get("install")) + lines(config["script"])
    counted = "\n".join(f"{line} || travis_result=$?" for line in script)
    after = "\n".join(lines(config.get("after_script")))
    return [job("travis", [stage(f"{counted}\n{after}\nexit ${{travis_result:-0}}", ("bash",))])]


def woodpecker(text):
    config = documents(text)[0]
    known(config, "when steps", "workflow")
    stages = []
    for step in config["steps"]:
        known(step, "name image commands environment when", "step")
        status = set(lines((step.get("when") or [{}])[0].get("status", ["success"])))
        when = {("success",): "success", ("failure", "success"): "always"}[tuple(sorted(status))]
        environment = texts({name: value["from_secret"] if isinstance(value, dict) else value
                             for name, value in (step.get("environment") or {}).items()})
        secrets = [name for name, value in (step.get("environment") or {}).items() if isinstance(value, dict)]
        stages.append(stage("\n".join(step["commands"]), ("sh", "-e"), when=when, name=step["name"],
                            environment={name: "$secret" if name in secrets else value
                                         for name, value in environment.items()}))
    return [job("woodpecker", stages)]


def jenkins(text):
    """A declarative pipeline: each `sh '...'` is a stage, those below `post` run always."""
    stages = []
    before, _, after = text.partition("post {")
    for part, when in [(before, "success"), (after, "always")]:
        for match in re.finditer(r"\bsh(?: |\(script: )(?:'''(.*?)'''|'([^'\n]*)')", part, re.S):
            script = match[1] if match[1] is not None else match[2]
            # With a first line of its own, that says how it is run; else with a trace.
            first = re.match(r"#!(\S+)((?: -\S+)*)", script)
            shell = [first[1], *first[2].split()] if first else ["sh", "-xe"]
            stages.append(stage(script, shell, when=when))
    if len(stages) != len(re.findall(r"\bsh[ (]", text)):
        raise NotUnderstood("a step sh that is no plain text in single quotes")
    environment = {}
    for name, value in re.findall(r"(\w+) = credentials\('([\w-]+)'\)", text):
        environment[name] = "$secret"
    for name, value in re.findall(r"(\w+) = '([^']*)'", text):
        environment[name] = value
    return [job("jenkins", stages, environment)]


PLANS = {
    "azure": azure, "circleci": circleci, "buildkite": buildkite, "bitbucket": bitbucket, "github": github,
    "jenkins": jenkins, "travis": travis, "woodpecker": woodpecker,
}


def main(words):
    if words[0] == "blocks":
        return [block for path in words[1:] for block in blocks(path)]
    if words[0] == "plan":
        text = sys.stdin.read() if words[2] == "-" else open(words[2], encoding="utf-8").read()
        if words[1] == "gitlab":
            return gitlab(text, dict(word.split("=", 1) for word in words[3:]))
        return PLANS[words[1]](text)
    if words[0] == "inputs":
        text = sys.stdin.read() if words[1] == "-" else open(words[1], encoding="utf-8").read()
        declared = next(yaml.load_all(text, Loader))["spec"]["inputs"]
        return {name: text_of((about or {}).get("default")) for name, about in declared.items()}
    raise NotUnderstood(words[0])


if __name__ == "__main__":
    try:
        json.dump(main(sys.argv[1:]), sys.stdout)
    except (NotUnderstood, KeyError, yaml.YAMLError) as error:
        sys.exit(f"read.py: not understood: {error!r}")

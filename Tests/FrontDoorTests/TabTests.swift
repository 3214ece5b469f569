import TestBench
import Testing

@testable import pulumi_token

/// Tab, pressed in interactive shells on a pseudo-terminal: what the command line then holds is what a program gets.
@Suite(.serialized, .ownThreads) struct TabTests {
    enum Shell: String, CaseIterable {
        case bash, zsh, fish
        /// A file in a folder of fpath, instead of a script that is sourced.
        case zshFromPath
        /// With bash-completion, whose function completes the words of another command.
        case bashWithOffset
    }

    struct Case: CustomStringConvertible {
        /// What is typed: `\t` is Tab.
        var keys: String
        var words: [String]
        var shells = Shell.allCases

        var description: String { keys.replacing("\t", with: "<Tab>") }
    }

    static let cases = [
        Case(keys: "pulumi-token min\t", words: ["mint"]),
        Case(keys: "pulumi-token mint --verif\t", words: ["mint", "--verify"]),
        Case(keys: "pulumi-token -v mint --verif\t", words: ["-v", "mint", "--verify"], shells: [.bash, .zsh]),
        Case(keys: "pulumi-token mint --export dot\t", words: ["mint", "--export", "dotenv"]),
        Case(keys: "pulumi-token mint --export=dot\t", words: ["mint", "--export=dotenv"]),
        Case(keys: "pulumi-token mint --env-name A_SECR\t", words: ["mint", "--env-name", "A_SECRET_VARIABLE"]),
        Case(keys: "pulumi-token completions f\t", words: ["completions", "fish"]),
        Case(keys: "pulumi-token mint --ca-file two\t", words: ["mint", "--ca-file", "two words.pem"]),
        Case(keys: "pulumi-token mint --ca-file fold\tins\t", words: ["mint", "--ca-file", "folder/inside.pem"]),
        Case(keys: "pulumi-token exec -- marker-c\t", words: ["exec", "--", "marker-command"]),
        Case(keys: "pulumi-token exec --ttl 5m -- marker-c\t", words: ["exec", "--ttl", "5m", "--", "marker-command"]),
        // After the command, files and no more commands.
        Case(
            keys: "pulumi-token exec -- marker-command marke\t",
            words: ["exec", "--", "marker-command", "marked-file"],
            shells: [.bash, .zsh, .zshFromPath, .fish]
        ),
        Case(
            keys: "pulumi-token exec -- marker-command sub\t",
            words: ["exec", "--", "marker-command", "subcommand-3"],
            shells: [.bashWithOffset]
        ),
    ]

    /// Tells what it was called with, in one write.
    private static let recorder = #"""
        #!/bin/sh
        text=$(printf '<%s>' "$@")
        echo "$text" >"$HOME/calls"

        """#

    /// Starts a shell, types each line, and reads from a pipe what the program of that name was called with.
    private static let driver = #"""
        import os, pty, re, select, sys
        home, shell, lines = os.environ['HOME'], sys.argv[1:-1], open(sys.argv[-1]).read().split('\n')
        calls = os.open(home + '/calls', os.O_RDWR)
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(home + '/work')
            os.execvp(shell[0], shell)
        shown = b''
        def until(condition):
            global shown
            while not condition():
                ready = select.select([master, calls], [], [], 60)[0]
                if not ready: sys.exit('nothing came: %r' % shown)
                if master in ready: shown += os.read(master, 65536)
                if calls in ready: yield os.read(calls, 65536).decode()
        def prompts(): return shown.count(b'READY')
        for _ in until(lambda: prompts() > 0): pass
        for line in lines:
            if not line: continue
            os.write(master, line.replace('<Tab>', '\t').encode())
            os.write(master, b'\r')
            call = ''
            while not call.endswith('\n'): call += next(until(lambda: False))
            print(call, end='')
        if re.search(rb'error|rror:|not found|bad math', shown): sys.exit('the shell complains: %r' % shown)
        """#

    private func type(_ keys: [String], in shell: Shell) throws -> [String] {
        let sandbox = try ScratchFolder()
        for folder in ["bin", "work", "work/folder", "fpath", "config"] { try sandbox.makeFolder(folder) }
        try sandbox.write("", to: "work/two words.pem")
        try sandbox.write("", to: "work/folder/inside.pem")
        try sandbox.write("", to: "work/marked-file")
        for name in ["pulumi-token", "marker-command"] {
            try sandbox.write(
                Self.recorder,
                to: "bin/\(name)"
            )
        }
        let bin = ["pulumi-token", "marker-command"].map { sandbox.file("bin/\($0)") }
        _ = try Program("chmod", ["+x"] + bin).run()
        _ = try Program("mkfifo", [sandbox.file("calls")]).run()
        let words = try start(shell, sandbox)
        let driver = try sandbox.write(Self.driver, to: "driver.py")
        let lines = keys.map { $0.replacing("\t", with: "<Tab>") }.joined(separator: "\n")
        try sandbox.write(lines, to: "lines")
        let environment = [
            "HOME": sandbox.path, "PATH": sandbox.file("bin") + ":/usr/bin:/bin", "TERM": "xterm",
            "A_SECRET_VARIABLE": "x", "XDG_CONFIG_HOME": sandbox.file("config"), "ZDOTDIR": sandbox.path,
            "LC_ALL": "C.UTF-8",
        ]
        let outcome = try Program("python3", [driver] + words + [sandbox.file("lines")], environment: environment).run()
        #expect(outcome.status == 0, "\(outcome.error)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    /// Writes what a shell reads at its start, and says how it is started.
    private func start(_ shell: Shell, _ sandbox: ScratchFolder) throws -> [String] {
        switch shell {
        case .bash, .bashWithOffset:
            let offset = """
                _command_offset() {
                    COMPREPLY=($(compgen -W "subcommand-$1" -- "${COMP_WORDS[COMP_CWORD]}"))
                }

                """
            let script = "PS1='READY> '\n" + (shell == .bash ? "" : offset) + BashCompletions.script
            return ["bash", "--noprofile", "--rcfile", try sandbox.write(script, to: "bashrc"), "-i"]
        case .zsh, .zshFromPath:
            let file = shell == .zsh ? "completions.zsh" : "fpath/_pulumi-token"
            try sandbox.write(ZshCompletions.script, to: file)
            let setup =
                "PS1='READY> '; fpath=(\(sandbox.file("fpath")) $fpath); autoload -Uz compinit; compinit -D -u\n"
            try sandbox.write(setup + (shell == .zsh ? "source \(sandbox.file(file))\n" : ""), to: ".zshrc")
            return ["zsh", "-d", "-i"]
        case .fish:
            let script =
                "function fish_prompt; echo -n 'READY> '; end\nset -g fish_greeting ''\n" + FishCompletions.script
            try sandbox.makeFolder("config/fish")
            try sandbox.write(script, to: "config/fish/config.fish")
            return ["fish", "-i"]
        }
    }

    @Test(arguments: Shell.allCases)
    func `Tab completes commands, options, files and the command of exec`(shell: Shell) throws {
        let cases = Self.cases.filter { $0.shells.contains(shell) }
        let calls = try type(cases.map(\.keys), in: shell)
        for (example, call) in zip(cases, calls) {
            #expect(call == example.words.map { "<\($0)>" }.joined(), "\(example)")
        }
        #expect(calls.count == cases.count)
    }

    /// In a shell of its own: what was loaded by the first Tab would hide that it did nothing.
    @Test func `from a folder of fpath, the first Tab completes already`() throws {
        #expect(try type(["pulumi-token mint --expo\t=jso\t"], in: .zshFromPath) == ["<mint><--export=json>"])
    }
}

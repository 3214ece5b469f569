import CISystems
import Glibc
import HostSystem
import Secrets
import TestBench
import Testing

/// A shell that is there, told to read no settings of its own.
func program(of shell: Shell, _ script: String) -> Program {
    switch shell {
    case .sh, .bash: Program(shell.rawValue, ["-c", script])
    case .zsh: Program("zsh", ["-f", "-c", script])
    case .fish: Program("fish", ["--no-config", "-c", script])
    case .pwsh: Program("pwsh", ["-NoProfile", "-Command", script])
    }
}

/// A shell that sources what is printed for `sh`, and the two that have a name of their own.
enum POSIXShell: String, CaseIterable {
    case sh, bash, zsh, busybox, ksh93, mksh, yash

    /// What runs a script in it, without settings of its own.
    var words: [String] {
        switch self {
        case .zsh: ["zsh", "-f"]
        case .busybox: ["busybox", "sh"]
        default: [rawValue]
        }
    }
}

func program(of shell: POSIXShell, _ script: String) -> Program {
    Program(shell.words[0], shell.words.dropFirst() + ["-c", script])
}

/// The environment that `env -0` printed.
func environment(printed bytes: [UInt8]) -> [String: [UInt8]] {
    bytes.split(separator: 0).reduce(into: [:]) { environment, entry in
        guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return }
        environment[String(decoding: entry[..<equals], as: UTF8.self)] = Array(entry[(equals + 1)...])
    }
}

@Suite(.hangLimit) struct ShellTests {
    /// Values with which shells have been broken.
    static let nastyValues: [[UInt8]] =
        [
            "", "plain", "-n", "-e", "--help", "-", "a b", " a  b ", "'", "''", "'''", "a'b''c'", "\"", "\\", "\\\\",
            "\\'", "a\\",
            "\\n", "$HOME", "$(id)", "`id`", "${x", "$", "!x", "!!", "*", "?[a]", "~", "~/x", "{a,b}", "a;b&c|d<e>f",
            "#c", "a #b",
            "a\nb", "\n", "\n\n", "a\n", "\na", "a\r\nb", "\r", "\t", "é", "€\u{1F600}", "\u{2018}x\u{2019}", "%s",
            "=x", "a=b",
            "x:y:z", "\u{1}\u{7F}\u{1B}[31m", "EOF", "(a)", "[[", "^a^b",
        ].map { Array($0.utf8) } + [[0xFF], [0x61, 0xFE, 0x62], [0xC3], [0xED, 0xA0, 0x80], Array(1...255)]

    private static let shells = [Shell.sh, .bash, .zsh, .fish].filter { program(of: $0, "").exists }

    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
    }

    /// The ways in which people let a shell evaluate what a program prints.
    private func evaluations(by shell: Shell, of file: String) -> [String] {
        switch shell {
        case .sh: ["eval \"$(cat \(file))\"", ". \(file)"]
        case .bash: ["eval \"$(cat \(file))\"", "source \(file)", "set -o posix; . \(file)", "source <(cat \(file))"]
        case .zsh: ["eval \"$(cat \(file))\"", ". \(file)", "setopt RC_QUOTES SH_WORD_SPLIT; eval \"$(cat \(file))\""]
        case .fish: ["cat \(file) | source", "source \(file)", "eval (cat \(file) | string collect)"]
        case .pwsh: []
        }
    }

    @Test(arguments: shells)
    func `a shell exports every value as it is`(shell: Shell) throws {
        let variables = Self.nastyValues.enumerated().map {
            ExportedVariable.secret("V\($0.offset)", Secret($0.element))
        }
        try scratch.write(shell.text(exporting: variables).bytes, to: "exports")
        for evaluation in evaluations(by: shell, of: scratch.file("exports")) {
            let outcome = try program(of: shell, "\(evaluation)\n/usr/bin/env -0").run()
            #expect(outcome.error == "", "\(evaluation)")
            let exported = environment(printed: outcome.outputBytes)
            for (number, value) in Self.nastyValues.enumerated() {
                #expect(
                    exported["V\(number)"] == value,
                    "\(shell) \(evaluation): \(String(decoding: value, as: UTF8.self))"
                )
            }
        }
    }

    @Test(arguments: shells)
    func `a variable that is a list in some shell is none`(shell: Shell) throws {
        let variables = ["XPATH", "CDPATH_", "MANPATH", "X_PATH"].map { ExportedVariable.plain($0, "a b:c d:'e'") }
        try scratch.write(shell.text(exporting: variables).bytes, to: "exports")
        for evaluation in evaluations(by: shell, of: scratch.file("exports")) {
            let outcome = try program(of: shell, "\(evaluation)\n/usr/bin/env -0").run()
            let exported = environment(printed: outcome.outputBytes)
            for variable in variables {
                #expect(exported[variable.name] == Array("a b:c d:'e'".utf8), "\(variable.name)")
            }
        }
    }

    @Test(arguments: shells)
    func `a shell forgets variables`(shell: Shell) throws {
        try scratch.write(shell.text(unsetting: ["A", "NEVER_SET", "B"]), to: "unset")
        for evaluation in evaluations(by: shell, of: scratch.file("unset")) {
            var program = program(of: shell, "\(evaluation)\n/usr/bin/env -0")
            program.environment.merge(["A": "1", "B": "2", "C": "3"]) { $1 }
            let exported = environment(printed: try program.run().outputBytes)
            #expect(exported["A"] == nil && exported["B"] == nil)
            #expect(exported["C"] == Array("3".utf8))
        }
    }

    @Test(arguments: ["bash", "busybox sh", "dash", "ksh93", "mksh", "yash", "zsh"])
    func `a variable that cannot have the token is a failure of the whole`(shell: String) throws {
        let exports = try Shell.sh.text(exporting: [.secret("A", Secret("new")), .plain("B", "2")]).plainText
        let script = "readonly A=old\neval \"$1\" || exit 3\necho goes on"
        let words = shell.split(separator: " ").map(String.init) + ["-c", script, "sh", exports]
        let outcome = try Program(words[0], Array(words.dropFirst())).run()
        #expect(outcome.status != 0 && outcome.output == "", "\(outcome.log)")
    }

    @Test func `all that a POSIX shell is told stands in single quotes`() throws {
        for shell in [Shell.sh, .bash, .zsh] {
            #expect(
                try shell.text(exporting: [.plain("A", "it's $x"), .secret("B", Secret("2"))]).plainText
                    == "export A='it'\\''s $x'\nexport B='2'\n"
            )
            #expect(try shell.text(unsetting: ["A", "B"]) == "unset -v A\nunset -v B\n")
        }
    }

    @Test func `fish has its own quotes`() throws {
        #expect(
            try Shell.fish.text(exporting: [.plain("A", "it's \\ $x"), .plain("APATH", "a:b")]).plainText
                == "set -gx A 'it\\'s \\\\ $x'\nset -gx --unpath APATH 'a:b'\n"
        )
        #expect(try Shell.fish.text(unsetting: ["A"]) == "set -e A\n")
    }

    @Test(arguments: [
        ("plain", "'plain'"), ("it's", "'it''s'"), ("$x `y` \"z\"", "'$x `y` \"z\"'"),
        ("\u{2018}a\u{2019}", "'\u{2018}\u{2018}a\u{2019}\u{2019}'"),
        ("\u{201A}\u{201B}", "'\u{201A}\u{201A}\u{201B}\u{201B}'"), ("\u{201C}\u{2017}", "'\u{201C}\u{2017}'"),
        ("a\nb", "'a' + [char]10 + 'b'"),
        ("\r\n", "'' + [char]13 + '' + [char]10 + ''"), ("\u{7F}", "'' + [char]127 + ''"), ("é€", "'é€'"),
        ("-a", "'-a'"), ("\u{98}", "'\u{98}'"),
    ])
    func `PowerShell is told in its own quotes`(value: String, quoted: String) throws {
        #expect(try Shell.pwsh.text(exporting: [.plain("A", value)]).plainText == "$env:A = \(quoted)\n")
        #expect(
            try Shell.pwsh.text(unsetting: ["A", "B"])
                == "Remove-Item -ErrorAction Ignore Env:A\nRemove-Item -ErrorAction Ignore Env:B\n"
        )
    }

    @Test(arguments: Shell.allCases)
    func `no shell can carry a NUL byte`(shell: Shell) {
        #expect(
            throws: ExportError.unrepresentable(
                name: "B",
                format: "text for \(shell.rawValue)",
                reason: "it contains a NUL byte"
            )
        ) {
            try shell.text(exporting: [.plain("A", "1"), .secret("B", Secret([0x61, 0]))])
        }
    }

    @Test func `PowerShell cannot carry these`() {
        for (value, reason) in [([], "PowerShell takes an empty value for none"), ([0xFF], "it is not UTF-8")]
            as [([UInt8], String)]
        {
            #expect(throws: ExportError.unrepresentable(name: "B", format: "text for pwsh", reason: reason)) {
                try Shell.pwsh.text(exporting: [.secret("B", Secret(value))])
            }
        }
    }

    @Test(arguments: ["", "1A", "A B", "A-B", "A;id", "A=", "$(id)", "A\n", "É"])
    func `no shell is told a name that is none`(name: String) {
        for shell in Shell.allCases {
            #expect(throws: ExportError.unusableName(name, .malformed)) {
                try shell.text(exporting: [.plain(name, "x")])
            }
            #expect(throws: ExportError.unusableName(name, .malformed)) { try shell.text(unsetting: ["A", name]) }
        }
    }
}

@Suite struct BashEnvironmentTests {
    @Test func `bash has the variables in every later step`() throws {
        let scratch = try ScratchFolder()
        let export = try BashEnvironmentExport(in: Environment(["BASH_ENV": scratch.file("env")]))
        #expect(export.path == scratch.file("env"))
        let variables = ShellTests.nastyValues.enumerated().map {
            ExportedVariable.secret("V\($0.offset)", Secret($0.element))
        }
        try export.append(variables)
        try export.append([.plain("V0", "later"), .plain("LAST", "1")])
        #expect(scratch.permissions("env") == 0o600)

        var step = Program("bash", ["-c", "exec /usr/bin/env -0"])
        step.environment["BASH_ENV"] = export.path
        let outcome = try step.run()
        #expect(outcome.error == "")
        let exported = environment(printed: outcome.outputBytes)
        for (number, value) in ShellTests.nastyValues.enumerated().dropFirst() {
            #expect(exported["V\(number)"] == value)
        }
        #expect(exported["V0"] == Array("later".utf8))
        #expect(exported["LAST"] == Array("1".utf8))
    }

    @Test func `what others wrote stays, also an open last line`() throws {
        let scratch = try ScratchFolder()
        try scratch.write("export OTHER=1", to: "env", mode: 0o600)
        try BashEnvironmentExport(in: Environment(["BASH_ENV": scratch.file("env")])).append([.plain("A", "x")])
        #expect(scratch.text("env") == "export OTHER=1\nexport A='x'\n")
        #expect(scratch.permissions("env") == 0o600)
    }

    @Test(arguments: [0o644, 0o620, 0o602, 0o666] as [UInt32])
    func `a script that others may read or write is left alone`(mode: UInt32) throws {
        let scratch = try ScratchFolder()
        try scratch.write("export OTHER=1\n", to: "env", mode: mode)
        let export = try BashEnvironmentExport(in: Environment(["BASH_ENV": scratch.file("env")]))
        let error = ExportError.exposed(path: scratch.file("env"))
        #expect(throws: error) { try export.check() }
        #expect(throws: error) { try export.append([.secret("A", Secret("x"))]) }
        #expect(scratch.text("env") == "export OTHER=1\n")
        #expect(error.exitCode == .cannotWrite)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func `nor is one of another user written`() throws {
        let scratch = try ScratchFolder()
        try scratch.write("", to: "env")
        #expect(chown(scratch.file("env"), 65534, 65534) == 0)
        let export = try BashEnvironmentExport(in: Environment(["BASH_ENV": scratch.file("env")]))
        #expect(throws: ExportError.exposed(path: scratch.file("env"))) { try export.append([.plain("A", "x")]) }
    }

    @Test func `a script that is not there yet is nobody else's`() throws {
        let scratch = try ScratchFolder()
        try BashEnvironmentExport(in: Environment(["BASH_ENV": scratch.file("env")])).check()
        #expect(scratch.names == [])
    }

    @Test func `outside of CircleCI there is no such file`() {
        for variables in [[:], ["BASH_ENV": ""]] {
            #expect(throws: ExportError.missingVariable("BASH_ENV")) {
                try BashEnvironmentExport(in: Environment(variables))
            }
        }
    }

    @Test func `a failed write leaves the script as it was`() throws {
        let scratch = try ScratchFolder()
        try scratch.write("export OTHER=1\n", to: "env")
        let export = try BashEnvironmentExport(in: Environment(["BASH_ENV": scratch.file("env")]))
        #expect(throws: ExportError.self) {
            try export.append([.plain("A", "x")]) { systemWrite($0, UnsafeRawBufferPointer(rebasing: $1.prefix(5))) }
        }
        #expect(scratch.text("env") == "export OTHER=1\n")
    }
}

import HostSystem
import Secrets

/// Reads a command line: `--name VALUE`, `--name=VALUE`, `-q`, operands, and after `--` nothing but operands.
struct ArgumentParser {
    let command: Command
    let environment: Environment

    /// - Parameter words: what follows the command's name.
    func parse(_ words: [String]) throws(UsageError) -> Arguments {
        var arguments = Arguments()
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                arguments.operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                arguments.operands.append(word)
                // The rest belongs to the command that is run, even without `--`.
                guard command != .exec else {
                    arguments.operands += rest
                    break
                }
                continue
            }
            try parse(option: word, &rest, into: &arguments)
        }
        if !arguments.isOn(.help) { try addVariables(to: &arguments) }
        return arguments
    }

    /// Says whether there are as many operands as the command takes.
    func checkOperands(_ arguments: Arguments) throws(UsageError) {
        let count = arguments.operands.count
        if count < command.operandCount.lowerBound {
            throw UsageError(
                "\(command.rawValue) needs \(command.operands)",
                hint: "see pulumi-token \(command.rawValue) --help"
            )
        }
        if count > command.operandCount.upperBound {
            let extra = arguments.operands[command.operandCount.upperBound]
            throw UsageError(
                "\(command.rawValue) takes no \(quoted(extra))",
                hint: "see pulumi-token \(command.rawValue) --help"
            )
        }
    }

    private func parse(
        option word: String,
        _ rest: inout ArraySlice<String>,
        into arguments: inout Arguments
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let option = try find(parts[0])
        guard case .none = option.value else {
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw UsageError(
                    "\(parts[0]) needs a value",
                    hint: "as in \(parts[0]) \(option.placeholder ?? "VALUE")"
                )
            }
            arguments.add(try checked(value, option, "--" + option.name), for: option, from: .flag(option.name))
            return
        }
        guard parts.count == 1 else {
            throw UsageError("\(parts[0]) takes no value", hint: "give it alone, or leave it out")
        }
        arguments.add("true", for: option, from: .flag(option.name))
    }

    private func find(_ word: String) throws(UsageError) -> Option {
        let known = Option.options(of: command)
        if let option = known.first(where: { "--" + $0.name == word || $0.short.map { "-\($0)" } == word }) {
            return option
        }
        if let elsewhere = Option.table.first(where: { "--" + $0.name == word }) {
            let commands = elsewhere.commands.map(\.rawValue).joined(separator: ", ")
            throw UsageError("\(command.rawValue) has no option \(word)", hint: "it is one of \(commands)")
        }
        // A secret typed by mistake must not come back in an error text.
        let shown = word.hasPrefix("--") && word.utf8.count <= 40 ? " " + quoted(word) : ""
        let nearest = Spelling.nearest(to: word, among: known.map { "--" + $0.name })
        throw UsageError(
            "unknown option\(shown)",
            hint: nearest.map { "did you mean \($0)?" } ?? "see pulumi-token \(command.rawValue) --help"
        )
    }

    /// A flag beats its variable; an empty variable counts as unset, as templates often leave one, except where it would
    /// silently make another credential be used.
    private func addVariables(to arguments: inout Arguments) throws(UsageError) {
        // The action listens to its inputs only.
        guard command != .action else { return }
        for option in Option.options(of: command) where option.hasVariable && arguments.value(of: option) == nil {
            guard let text = environment[option.variable] else { continue }
            guard !text.isEmpty || option.namesCredential else { continue }
            let origin = Arguments.Origin.variable(option.variable)
            switch option.value {
            case .none:
                guard text == "true" || text == "false" else {
                    throw UsageError(
                        "\(option.variable) is \(quoted(text))",
                        hint: "a switch is either true or false"
                    )
                }
                arguments.add(text, for: option, from: origin)
            case .list:
                for part in text.split(separator: ",") { arguments.add(String(part), for: option, from: origin) }
            case .text where text.isEmpty: arguments.add("", for: option, from: origin)
            case .text, .choice:
                arguments.add(try checked(text, option, option.variable), for: option, from: origin)
            }
        }
    }

    private func checked(_ value: String, _ option: Option, _ place: String) throws(UsageError) -> String {
        guard !value.isEmpty else {
            throw UsageError("\(place) is empty", hint: "give it a value, or leave it out")
        }
        // Only `export` takes a path behind its word; it is checked where it is used.
        guard !option.choices.isEmpty, option != .export, !option.choices.contains(value) else { return value }
        throw UsageError(
            "\(place) is \(quoted(value))",
            hint: "it is one of \(option.choices.joined(separator: ", "))"
        )
    }
}

/// A user's text inside a message: one line, not too long, and no credential.
func quoted(_ text: String) -> String {
    UserText.quoted(text)
}

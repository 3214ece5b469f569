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
                hint: pointer
            )
        }
        if count > command.operandCount.upperBound {
            let extra = arguments.operands[command.operandCount.upperBound]
            throw UsageError("unexpected argument \(quoted(extra))", hint: pointer)
        }
    }

    private var pointer: String { "run pulumi-token \(command.rawValue) --help to show its arguments" }

    private func parse(
        option word: String,
        _ rest: inout ArraySlice<String>,
        into arguments: inout Arguments
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let letters = Option.letters(of: word), letters.count > 1 {
            for letter in letters { try parse(option: "-\(letter)", &rest, into: &arguments) }
            return
        }
        let option = try find(parts[0])
        guard case .none = option.value else {
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw UsageError(
                    "\(parts[0]) needs a value",
                    hint: "write \(parts[0]) \(option.placeholder ?? "VALUE")"
                )
            }
            try add(value, for: option, from: .flag(option.name), place: "--" + option.name, to: &arguments)
            return
        }
        guard parts.count == 1 else {
            throw UsageError("\(parts[0]) takes no value", hint: "use \(parts[0]) alone, or leave it out")
        }
        arguments.add("true", for: option, from: .flag(option.name))
    }

    private func find(_ word: String) throws(UsageError) -> Option {
        let known = Option.options(of: command)
        if let option = known.first(where: { $0.isNamed(by: word) }) { return option }
        if let elsewhere = Option.table.first(where: { $0.isNamed(by: word) }) {
            let commands = listed(elsewhere.commands.map(\.rawValue), before: "or")
            throw UsageError("\(word) is not an option of \(command.rawValue)", hint: "use \(word) with \(commands)")
        }
        throw .unknownOption(
            word,
            among: known,
            hint: "run pulumi-token \(command.rawValue) --help to show its options"
        )
    }

    /// A list has commas between its parts, on the command line as in its variable.
    private func add(
        _ text: String,
        for option: Option,
        from origin: Arguments.Origin,
        place: String,
        to arguments: inout Arguments
    ) throws(UsageError) {
        let text = try checked(text, option, place)
        guard case .list = option.value else { return arguments.add(text, for: option, from: origin) }
        let parts = text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        if parts.allSatisfy(\.isEmpty) { _ = try checked("", option, place) }
        for part in parts where !part.isEmpty { arguments.add(part, for: option, from: origin) }
    }

    /// A flag beats its variable; an empty variable counts as unset, as templates often leave one, except where it would
    /// silently make another credential be used.
    private func addVariables(to arguments: inout Arguments) throws(UsageError) {
        // The action listens to its inputs only.
        guard command != .action else { return }
        let wasGiven = arguments
        for option in Option.options(of: command) where option.hasVariable && wasGiven.value(of: option) == nil {
            guard let text = environment[option.variable] else { continue }
            guard !text.isEmpty || option.namesCredential else { continue }
            // A flag beats the variable of the other way to say it, too.
            guard !option.alternatives.contains(where: { wasGiven.value(of: $0) != nil }) else { continue }
            let origin = Arguments.Origin.variable(option.variable)
            switch option.value {
            case .none: arguments.add(try switched(text, option.variable), for: option, from: origin)
            case .text where text.isEmpty: arguments.add("", for: option, from: origin)
            case .text, .choice, .list:
                try add(text, for: option, from: origin, place: option.variable, to: &arguments)
            }
        }
    }

    private func switched(_ text: String, _ variable: String) throws(UsageError) -> String {
        switch text {
        case "true", "1": return "true"
        case "false", "0": return "false"
        default:
            throw UsageError("invalid value for \(variable): \(quoted(text))", hint: "set it to true or false")
        }
    }

    private func checked(_ value: String, _ option: Option, _ place: String) throws(UsageError) -> String {
        guard !value.isEmpty else {
            throw UsageError("\(place) is empty", hint: "set it to a value, or leave it out")
        }
        // Bytes that are no UTF-8 have become this: two names that differ in them alone would be one. Texts for people
        // may be cut anywhere.
        guard !value.unicodeScalars.contains("\u{FFFD}") || [.description, .reason].contains(option) else {
            throw UsageError("\(place) has bytes that are not UTF-8", hint: "use another name or path")
        }
        // Only `export` takes a path behind its word; it is checked where it is used.
        guard !option.choices.isEmpty, option != .export, !option.choices.contains(value) else { return value }
        throw UsageError(
            "invalid value for \(place): \(quoted(value))",
            hint: "set \(place) to \(listed(option.choices, before: "or"))"
        )
    }
}

/// `a`, `a or b`, `a, b, or c`.
func listed(_ words: [String], before word: String) -> String {
    switch words.count {
    case 0...1: words.first ?? ""
    case 2: "\(words[0]) \(word) \(words[1])"
    default: words.dropLast().joined(separator: ", ") + ", \(word) \(words[words.count - 1])"
    }
}

/// A user's text inside a message: one line, not too long.
func quoted(_ text: String) -> String {
    UserText.quoted(text)
}

/// What the completion scripts of all shells complete.
enum Completion {
    /// What can follow an option.
    enum Value {
        case nothing, words([String]), files, variables
        /// A word, and files after it.
        case filesAfter(String)
    }

    static func value(of option: Option) -> Value? {
        switch option.value {
        case .none: nil
        case .choice(_, let words): .words(words)
        case .text("FILE"), .text("PATH"): .files
        case .list: .variables
        case .text: option == .oidcTokenVariable ? .variables : .nothing
        }
    }

    /// What can follow a command besides options.
    static func operands(of command: Command) -> Value {
        switch command {
        case .events: .filesAfter("summary")
        case .help: .words(Command.shown.map(\.rawValue))
        case .completions: .words(["bash", "zsh", "fish"])
        case .action: .words(["main", "post"])
        default: .nothing
        }
    }

    static func names(of option: Option) -> [String] {
        ["--" + option.name] + (option.short.map { ["-\($0)"] } ?? [])
    }

    /// The options behind which another word is their value.
    static var optionsWithValue: [String] {
        Option.table.filter { $0.placeholder != nil }.flatMap(names)
    }
}

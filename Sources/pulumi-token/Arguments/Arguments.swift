import HostSystem

/// What the user said: options with where they were said, and operands.
struct Arguments {
    /// Where a value comes from; how messages name it.
    enum Origin: Equatable {
        case flag(String)
        case variable(String)
        case input(String)

        var name: String {
            switch self {
            case .flag(let name): "--" + name
            case .variable(let name): name
            case .input(let name): "the input " + name
            }
        }
    }

    /// A value and how messages name its place.
    struct Value: Equatable {
        var text: String
        var origin: Origin
    }

    private(set) var values: [Option: [Value]] = [:]
    var operands: [String] = []

    mutating func add(_ text: String, for option: Option, from origin: Origin) {
        values[option, default: []].append(Value(text: text, origin: origin))
    }

    /// The last value of an option; nil when it was not given.
    func value(of option: Option) -> Value? {
        values[option]?.last
    }

    func text(of option: Option) -> String? {
        value(of: option)?.text
    }

    /// All values of an option that may be repeated.
    func list(of option: Option) -> [Value] {
        values[option] ?? []
    }

    /// Whether a switch is on.
    func isOn(_ option: Option) -> Bool {
        text(of: option) == "true"
    }
}

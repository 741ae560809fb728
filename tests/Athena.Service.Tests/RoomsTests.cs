using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Athena.Service.Tests;

/// <summary>Reads the compiled types and fails when a room uses what it must not see. docs/architecture.md has the same rules in words.</summary>
public sealed class RoomsTests
{
    private static readonly string[] Web = ["Microsoft.AspNetCore", "Grpc", "Google", "Athena.V1", "Athena.Protocol"];

    public static readonly TheoryData<string, string[]> Rules = new()
    {
        { "Athena.Service.State", [.. Web, "Athena.Service.Api", "Athena.Service.Admin", "Athena.Service.Classic", "Athena.Service.Contract"] },
        { "Athena.Service.Health", ["Microsoft.AspNetCore", "Athena.V1", "Athena.Protocol", "Athena.Service.Api", "Athena.Service.Admin", "Athena.Service.Classic", "Athena.Service.Contract"] },
        { "Athena.Service.Api", ["Athena.Service.Admin", "Athena.Service.Classic", "Athena.Service.State.Memory", "Athena.Service.State.Sqlite", "Athena.Service.State.Etcd"] },
        { "Athena.Service.Admin", ["Athena.Service.Api", "Athena.Service.Classic", "Athena.Service.State.Memory", "Athena.Service.State.Sqlite", "Athena.Service.State.Etcd"] },
        { "Athena.Service.Classic", ["Athena.Service.Api", "Athena.Service.Admin", "Athena.Service.State.Memory", "Athena.Service.State.Sqlite", "Athena.Service.State.Etcd"] },
        { "Athena.Service.Contract", ["Athena.Service.Api", "Athena.Service.Admin", "Athena.Service.Classic", "Athena.Service.Health"] },
        { "Athena.Engine", ["Athena.Service", "Athena.V1", "Athena.Protocol", "Microsoft.AspNetCore", "Microsoft.Extensions", "Grpc", "Google"] },
        { "Athena.Protocol.Wire", ["Athena.V1", "Athena.Service", "Athena.Client", "Microsoft", "Grpc", "Google"] },
        { "Athena.Client", ["Athena.Service", "Athena.Gateway", "Microsoft.AspNetCore"] },
        { "Athena.Gateway", ["Athena.Service", "Athena.Engine"] },
        { "Athena.Cli", ["Athena.Service", "Athena.Gateway", "Athena.Engine", "Microsoft.AspNetCore"] },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_room_uses_nothing_that_it_must_not_see(string room, string[] forbidden)
    {
        var types = TypesOf(room);
        Assert.NotEmpty(types);
        if (room == "Athena.Service.State")
        {
            // etcd is spoken to by gRPC, with messages of its own.
            Assert.Contains(types, t => IsEtcd(t));
            types.RemoveAll(IsEtcd);
        }
        var broken = from type in types
                     from used in UsedBy(type)
                     from name in forbidden
                     where IsIn(used, name)
                     select $"{type.FullName} uses {used}";
        Assert.Empty(broken.Distinct());
    }

    [Fact]
    public void The_reader_sees_what_only_a_method_body_uses()
    {
        var body = TypesOf("Athena.Service.Tests").Single(t => t.Name == nameof(RoomsTests));
        Assert.Contains(UsedBy(body), u => IsIn(u, "Mono.Cecil"));
        Assert.Contains(UsedBy(TypesOf("Athena.Service.Api").Single(t => t.Name == "BalancerApi")), u => IsIn(u, "Athena.Service.Contract"));
    }

    private static List<TypeDefinition> TypesOf(string room)
    {
        var assembly = string.Join('.', room.Split('.').Take(room.EndsWith(".Tests", StringComparison.Ordinal) ? 3 : 2));
        var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), new ReaderParameters { InMemory = true });
        return [.. module.GetTypes().Where(t => IsIn(NamespaceOf(t), room) && !IsGenerated(t))];
    }

    /// <summary>A namespace or a type in it, and not one that only begins with the same letters.</summary>
    private static bool IsIn(string name, string room) => name == room || name.StartsWith(room + ".", StringComparison.Ordinal);

    private static bool IsEtcd(TypeDefinition type) => IsIn(NamespaceOf(type), "Athena.Service.State.Etcd");

    private static bool IsGenerated(TypeDefinition type) => type.FullName.Contains("System.Text.RegularExpressions.Generated", StringComparison.Ordinal) || type.Name == "Program";

    private static string NamespaceOf(TypeDefinition type) => type.DeclaringType is { } outer ? NamespaceOf(outer) : type.Namespace;

    private static IEnumerable<string> UsedBy(TypeDefinition type)
    {
        var references = new List<TypeReference?> { type.BaseType };
        references.AddRange(type.Interfaces.Select(i => i.InterfaceType));
        references.AddRange(type.Fields.Select(f => f.FieldType));
        references.AddRange(type.CustomAttributes.Select(a => a.AttributeType));
        foreach (var method in type.Methods)
        {
            references.Add(method.ReturnType);
            references.AddRange(method.Parameters.Select(p => p.ParameterType));
            if (method.HasBody)
            {
                references.AddRange(method.Body.Variables.Select(v => v.VariableType));
                references.AddRange(method.Body.Instructions.SelectMany(Operands));
            }
        }
        return references.SelectMany(Names).Distinct();
    }

    private static IEnumerable<TypeReference?> Operands(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => [method.DeclaringType, method.ReturnType, .. method.GenericArguments],
        MethodReference method => [method.DeclaringType, method.ReturnType],
        FieldReference field => [field.DeclaringType, field.FieldType],
        _ => [],
    };

    private static IEnumerable<string> Names(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => Names(generic.ElementType).Concat(generic.GenericArguments.SelectMany(Names)),
        TypeSpecification wrapped => Names(wrapped.ElementType),
        { DeclaringType: { } outer } => Names(outer),
        _ => [type.FullName],
    };
}

"""Portuguese words of sign-in, identity, profile data, permissions, closing, misuse."""

PATTERNS = {
    6: """
        senha*, fazer login, hacke*,

        esqueci .. senha, esqueci a minha|minha|a senha|palavra,
        senha .. esquec*|expirada|incorreta|trocar
        """,
    5: """
        conta .. bloqueada|hackeada|invadida|suspensa,
        conta .. excluir|encerrar|cancelar|desativ*|fechar,
        encerrar|excluir|apagar|cancelar|fechar|desativar|criar|abrir .. conta,
        senha .. esquec*|redefin*|trocar|alterar|incorreta,
        esqueci .. senha|usuário|palavra, redefinir .. senha|palavra, palavra passe,
        alterar|mudar|atualizar|trocar .. endereço|nome|email|e mail|dados|telefone|número,
        cartão .. roubado|perdido|bloqueado, verific* .. identidade, roubo .. identidade,

        não consigo entrar|acessar|aceder|logar,
        usuário|utilizador inválido|inexistente|bloqueado,
        mudar .. telefone|número|nome|e mail|endereço|titular|senha|pin|perfil|morada,
        alterar .. morada|telefone|cadastro,
        atualizar .. cadastro|endereço|dados|morada|perfil|meu, no cadastro,
        novo endereço, nova morada, mudei de casa|endereço|morada, meu nome .. errado,
        acesso de leitura|escrita, acesso à|ao .. pasta|sistema|unidade|e mail|grupo,
        sem acesso|permissão, não tenho acesso|permissão, acesso negado,
        excluam|excluir|apagar|eliminar .. conta|dados|perfil, excluam a|minha,
        encerrar minha|a conta, código de verificação, código .. sms|chega,
        verificação .. identidade|etapas, autenticação, invadiram, invadiram .. conta,
        entraram .. conta, trocaram .. e mail|senha, roubaram .. conta|identidade,
        em meu nome, no meu nome, conta conjunta, titular*, procuração, apelido,
        foto de perfil, convite .. expir*, desbloquear .. conta, meu usuário,

        mesmas pastas|permissões|acessos, mesmos acessos|direitos|perfis,
        foi para .. compras|vendas|rh, mudou de área|departamento|setor,
        sobrenome antigo|anterior|de solteira, nome antigo|anterior|de solteira,
        número antigo|anterior, ainda consta, perfil falso, conta falsa, minhas fotos,
        se passa por, se passando por, ex funcionário*, antigo funcionário,
        ainda tem acesso, reconhecimento facial, documento .. rejeit*, quem pode ver,
        visível para, conta duplicada,

        no grupo, ao grupo, do grupo, lista de distribuição,
        incluir|incluam|adicionar|adicionem .. grupo|equipe|projeto|lista,
        ativar .. conta, link para ativar|redefinir, link .. expirou|expirado|vencido,
        mesmos direitos, e mail de recuperação
        """,
    4: """
        iniciar sessão, entrar .. conta, acessar .. conta, aceder .. conta,
        nome de usuário|utilizador, credencia*, autentic*, dois fatores,
        código de verificação|confirmação|ativação|segurança, link de ativação, cadastro*,
        cadastrar, registr* .. conta, minha conta, perfil, perfis, dados pessoais,
        informações pessoais, meus dados, lgpd, permiss*,
        direitos de acesso|administrador, acesso à|a .. conta|pasta|caixa,
        solicitação de acesso, usuários, utilizadores, novo usuário,
        mudança de endereço|nome, mudei de, identidade, passaporte, cpf, invadid*,
        phishing, atividade suspeita, desbloque*, bloqueada, sso, pin,

        logar, login, sessão expirada, conta bloqueada, clonad*
        """,
    2: """
        conta, contas, acesso, acessar, e mail, membro*, usuário*, utilizador*
        """,
}

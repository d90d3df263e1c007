"""Portuguese. The notation is explained in `lexicon/__init__.py`."""

STOPWORDS = """
o os uma um e é não que em por para com meu minha meus minhas seu sua nosso nossa do da dos das ao
na no nos nas se me lhe está estou estão tenho temos mas como muito mais desde quando olá obrigado
obrigada você vocês este esta isso isto sem sobre também já eu ou foi ser caro prezado pelo pela
"""

NEGATIONS = "não nunca jamais nenhum nenhuma sem nem nada tampouco"

CATEGORY = {
    "billing": {
        6: """
        reembols*, estorn*, fatur*, cobrança*, cobrad*
        """,
        4: """
        devolução .. dinheiro|valor, devolver .. dinheiro|valor, dinheiro de volta, cobraram,
        cobrou, cobrar*, cobro, em duplicidade, cobrado duas|em, débito*, debitad*,
        transferência .. bancária|dinheiro, pix, boleto*, nota fiscal, recibo*, multa, juros,
        taxa*, tarifa*, valor .. incorreto|errado|cobrado|pago, valor, mensalidade*, anuidade*,
        parcela*, parcelamento, aumento .. preço|mensalidade, taxa de câmbio, caixa eletrônico,
        multibanco, saque, dinheiro, iva, imposto*, pagamento* .. duplicado|errado|não,
        discrepância* .. fatura*|cobrança*, crédito na|em
        """,
        3: """
        pagamento*, pagar, pago, paguei, pagamos, preço*, custo, custos, cartão de crédito|débito,
        conta bancária, banco, euros, reais, assinatura*, renovação*, subscrição*, cupom, cupons,
        desconto*, vale, compensação, indeniz*, salário, paypal, transação*, transações,
        orçamento*, despesa*
        """,
        2: "contrato*, saldo, teste grátis, oferta*, plano, finan*",
    },
    "technical": {
        5: """
        pagamento .. falhou|falha|erro, página de pagamento* .. erro|carrega|falha,
        transferência .. falhou|recusada|rejeitada
        """,
        4: """
        não funciona*, não está funcionando|a, parou|deixou|para de funcionar, não carrega*,
        não abre, não inicia, não responde, não liga, não conecta, não se conecta, não imprime,
        não sincroniza, não atualiza, mensagem|mensagens de erro, código* de erro,
        erro* .. sistema|servidor|aplicativo|conexão|página|ao, erro #, trava*, travou, travando,
        congela*, tela preta|azul|branca, ecrã preto|azul|branco, bug, bugs, falha*, falhou,
        falhando, queda*, caiu, fora do ar, fora de serviço, offline, interrupção*, interrupções,
        inatividade, tempo* de inatividade, indisponib*, inacessível, desconex*, desconecta*,
        problema* técnico*, dificuldade* técnica*,
        problema* de conexão|conectividade|rede|desempenho|sincronização,
        problema* de compatibilidade|integração|implantação|servidor|software|hardware,
        mau funcionamento, avaria*, wifi, wi fi, internet .. lenta|não|caiu, lento*, lenta*,
        lentidão, latência, impressora*, impressão, scanner, roteador*, modem, servidor*,
        banco* de dados, base de dados, rede, redes, firewall, vpn, bluetooth, instal*,
        desinstal*, reinstal*, configur*, atualização*, atualizações,
        atualizar .. software|aplicativo|driver*|sistema, driver*, compatib*, incompatib*,
        sincroniz*, integração*, integrações, api, apis, reinici*, superaquec*, sobrecarga*,
        perda* de dados, violação* de dados|segurança, vulnerabilidade*, ciberataque*,
        ataque* cibernético*, malware, vírus, ransomware, acesso não autorizado,
        tentativa* de acesso, incidente* de segurança, backup*, restaur*, vazamento* de dados,
        implantação*, criptografia
        """,
        3: """
        erro*, erros, falhas, quebrad*, defeito*, defeituos*, aplicativo*, aplicação*, aplicações,
        app, software, hardware, site, página web, computador*, portátil, notebook*, laptop*, pc,
        tablet, dispositivo*, equipamento*, tela*, ecrã, teclado, mouse, rato, fone*, câmera,
        microfone, alto falante*, bateria*, carregador*, arquivo*, ficheiro*, baixar, download*,
        upload*, navegador*, windows, android, linux, nuvem, aws, azure, docker, saas,
        plataforma*, painel, painéis, sistema*, plugin*, módulo*, versão*, versões, conexão*,
        conectividade, instável, instab*, interromp*, técnico*, técnica*, sinal, outlook, excel,
        jira, desempenho*, segurança .. rede|sistema*
        """,
        2: "problema*, dificuldade*",
        1: """
        resolver, solução*, dados, ferramenta*, digital, digitais, afet*, impact*, recurso*
        """,
    },
    "account": {
        6: """
        senha*, fazer login, hacke*
        """,
        5: """
        conta .. bloqueada|hackeada|invadida|suspensa,
        conta .. excluir|encerrar|cancelar|desativ*|fechar,
        encerrar|excluir|apagar|cancelar|fechar|desativar|criar|abrir .. conta,
        senha .. esquec*|redefin*|trocar|alterar|incorreta, esqueci .. senha|usuário|palavra,
        redefinir .. senha|palavra, palavra passe,
        alterar|mudar|atualizar|trocar .. endereço|nome|email|e mail|dados|telefone|número,
        cartão .. roubado|perdido|bloqueado, verific* .. identidade, roubo .. identidade
        """,
        4: """
        login, iniciar sessão, entrar .. conta, acessar .. conta, aceder .. conta,
        nome de usuário|utilizador, credencia*, autentic*, dois fatores,
        código de verificação|confirmação|ativação|segurança, link de ativação, cadastro*,
        cadastrar, registr* .. conta, minha conta, perfil, perfis, dados pessoais,
        informações pessoais, meus dados, lgpd, permiss*, direitos de acesso|administrador,
        acesso à|a .. conta|pasta|caixa, solicitação de acesso, usuários, utilizadores,
        novo usuário, mudança de endereço|nome, mudei de, identidade, passaporte, cpf, invadid*,
        phishing, atividade suspeita, desbloque*, bloqueada, sso, pin
        """,
        2: "conta, contas, acesso, acessar, e mail, membro*, usuário*, utilizador*",
    },
    "general": {
        5: """
        rastrear|acompanhar .. pedido|encomenda|entrega,
        cancelar|alterar|mudar .. pedido|encomenda|reserva|voo,
        onde está meu|minha|o|a pedido|encomenda|entrega, pedido .. chegou|chegar|recebi|atras*,
        encomenda .. perdida|chegou|recebi|atras*
        """,
        4: """
        entrega*, envio*, enviado .. pacote|pedido, pacote*, pedido*, encomenda*,
        troca .. produto|tamanho, devolver .. produto|artigo, política de devoluç*, em estoque,
        em stock, esgotado, disponib*, disponível, disponíveis, horário*, loja*, agência*,
        falar com .. atendente|alguém|pessoa|humano, atendimento .. horário|ruim|péssimo|número,
        reclam*, sugest*, comentário*, opinião, avaliação*, newsletter, publicidade, marketing,
        campanha*, estratégia*, crescimento .. marca, marca*, seo, folheto*, catálogo*, garantia*,
        agendamento, viagem, viagens, voo*, bagagem, mala*, hotel, reserv*, evento*, ingresso*,
        bilhete*, parceria*, emprego*, vaga*, candidatura
        """,
        2: """
        dúvida*, consulta sobre|geral, solicitação de informaç*|consultoria|detalhes,
        informações sobre|acerca|detalhadas|adicionais|gerais, mais informações, mais detalhes,
        detalhes sobre|acerca, pergunta* sobre|geral, gostaria de saber|conhecer|obter|receber,
        queria saber|perguntar, saber se, interess*, conselho*, consultoria, treinamento,
        formação, curso*, melhores práticas, recomend*, obrigado|obrigada pela|por|pelo,
        quais ferramentas|serviços|são|opções, propor, propost*, quando .. chega|estará|chegará,
        quanto tempo|custa|demora, artigo*, tamanho, cor, cancel*
        """,
        1: """
        pergunta*, informação, informações, ajuda, solicit*, preciso, obrigado, assistência,
        suporte, é possível, oferecem, vocês têm|tem|oferecem|vendem,
        poderiam .. fornecer|indicar|explicar|enviar|informar, podem .. explicar|dizer|indicar,
        serviços, produto*, guia*, documentação, diretriz, diretrizes, melhoria*, melhorar,
        otimiz*, investimento*, visão geral, resumo, crescimento, ideia*, explic*, esclarec*,
        empresa*, cliente*, expansão
        """,
    },
}

URGENCY = {
    50: """
        para todos, queda total|geral|completa|do, fora do ar, violação* de dados|segurança,
        vazamento* de dados, perda* de dados, ciberataque*, ataque* cibernético*, ransomware,
        malware, acesso não autorizado, tentativa* de acesso, incidente* de segurança,
        todos .. usuários|utilizadores|clientes|funcionários|colegas,
        toda a empresa|equipe|equipa|rede, todo o escritório|sistema|departamento|mundo,
        ninguém consegue|pode, produção parada, completamente parado|fora|bloqueado|inacessível,
        dados .. pacientes|médicos .. risco|expost*|comprometid*,
        vários|múltiplos produtos|dispositivos|sistemas .. afetad*|falh*, emergência*, incêndio,
        perigo*
        """,
    32: """
        crític*, grave*, gravemente, sever*, fraud*, golpe, golpista*, roubad*, roubo, hackead*,
        invadid*, não autorizad*, não reconheço, não reconhecid*, não fiz, não realizei|autorizei,
        queda*, inatividade, interrupções, interrupção .. serviço, advogado*, procon,
        processo judicial, tribunal, prazo*, até amanhã|hoje|sexta, antes de amanhã|hoje,
        perda* de receita|clientes|vendas, não consigo trabalhar, não conseguimos trabalhar
        """,
    28: """
        não consigo .. acessar|entrar|aceder|pagar|fazer, duas vezes, em dobro, em duplicidade,
        dinheiro .. sumiu|desapareceu|falta, bloqueada, bloqueado, cartão .. roubado|perdido
        """,
    20: """
        urgente*, urgência, urgentemente, imediat*, de imediato, o mais rápido possível,
        o mais breve possível, o quanto antes, assim que possível, rapidamente, agora mesmo,
        alta prioridade, prioridade máxima, important*, significativ*, séri*, bloqueada,
        bloqueado, duas vezes, em dobro, duplicidade, dinheiro .. sumiu|desapareceu|perdido|falta,
        não recebi .. dinheiro|reembolso|pagamento, ainda não .. reembols*,
        não consigo .. acessar|entrar|aceder, trava, nossos clientes, nossa equipe,
        fluxo de trabalho, operações, interromp*, prejudic*, atrapalh*
        """,
    9: """
        erro*, problema*, falha*, não funciona*, não consigo, não conseguimos, impossível,
        quebrad*, defeito*, incorret*, errad*, falta*, atras*, demora*, lent*, infelizmente,
        apesar de, ainda não, continua sem, outra vez, de novo, novamente,
        há # dias|semanas|meses|horas, # dias|semanas|meses|vezes|horas, há dias|semanas|meses,
        reclam*, dificuldade*, perdid*, danificad*, sem resposta, discrepância*, inesperad*
        """,
    -11: """
        como posso|faço|podemos|se, quanto*, qual, quais, é possível, posso,
        poderia .. dizer|indicar|explicar|enviar|informar,
        poderiam .. fornecer|indicar|explicar|enviar|informar, gostaria de, queria, quero,
        preciso de ajuda para, onde posso|está|encontro, quando, vocês têm|tem|oferecem
        """,
    -25: """
        informações sobre|acerca|detalhadas|adicionais|gerais, mais informações, mais detalhes,
        detalhes sobre|acerca, pergunta* sobre, dúvida* sobre, gostaria de saber|conhecer|obter,
        queria saber|perguntar, interess*, curios*, melhores práticas, recomend*, sugest*,
        melhorar, melhoria*, otimizar, otimização, estratégia*, documentação, conselho*,
        consultoria
        """,
    -35: """
        não é urgente, sem pressa, não há pressa, não tem pressa, nada urgente,
        quando puder|puderem|possível, só uma dúvida|pergunta, apenas uma dúvida|pergunta,
        para sua informação,
        obrigado|obrigada pela|por|pelo excelente|rápid*|ótimo|bom|atendimento|tudo, excelente*,
        maravilhos*, ótim*, fantástic*, perfeito, adorei, muito satisfeit*, muito feliz, parabéns,
        já foi resolvido, já está resolvido, problema resolvido, funciona agora|bem, bom trabalho
        """,
}

SENTIMENT = {
    "angry": {
        4: """
        furios*, indignad*, inaceitável, inaceitáveis, inadmissível, vergonha, vergonhos*, golpe,
        golpistas, ladrões, palhaçada, ridícul*, fart*, cansad* de, lixo, merda, droga, porcaria,
        incompeten*, péssim*, advogado*, processar, procon, denunci*, nunca mais, pior,
        intolerável, absurdo, idiotas, nojo, brincadeira, revoltad*, raiva, desrespeito, descaso,
        escândalo
        """,
    },
    "frustrated": {
        3: """
        frustr*, decepcion*, chatead*, insatisfeit*, descontent*, incomodad*,
        não estou satisfeit*|feliz|contente, mau atendimento|serviço, má experiência,
        serviço ruim, atendimento ruim, ainda não, continuo sem, continuamos sem, outra vez,
        de novo, várias vezes, muitas vezes, terceira vez, segunda vez, # vezes,
        há semanas|meses|dias, sem resposta, ninguém .. responde|ajuda|atende, perda de tempo,
        perder .. tempo, em vão, paciência, inútil, ignorad*, promet*, injust*, engan*,
        constantemente
        """,
        1: "infelizmente, novamente, lent*, ruim, problema*, atras*, finalmente",
    },
    "calm": {
        3: """
        obrigado|obrigada pela|por|pelo excelente|rápid*|ótimo|bom|atendimento|tudo, excelente*,
        maravilhos*, ótim*, fantástic*, perfeito, adorei, adoro, amei, muito satisfeit*,
        satisfeit* com, muito feliz, parabéns, bom trabalho, ótimo trabalho, muito gentil,
        impressionad*, continuem assim
        """,
    },
}

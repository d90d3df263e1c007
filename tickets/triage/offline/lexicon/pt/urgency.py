"""Portuguese words of urgency, in points on a scale of 0 to 100."""

PATTERNS = {
    50: """
        para todos, queda total|geral|completa|do, fora do ar,
        violação* de dados|segurança, vazamento* de dados, perda* de dados, ciberataque*,
        ataque* cibernético*, ransomware, malware, acesso não autorizado,
        tentativa* de acesso, incidente* de segurança,
        todos .. usuários|utilizadores|clientes|funcionários|colegas,
        toda a empresa|equipe|equipa|rede, todo o escritório|sistema|departamento|mundo,
        produção parada, completamente parado|fora|bloqueado|inacessível,
        dados .. pacientes|médicos .. risco|expost*|comprometid*,
        vários|múltiplos produtos|dispositivos|sistemas .. afetad*|falh*, emergência*,
        incêndio, perigo*,

        em todas .. lojas|filiais|agências, todas as lojas|filiais|agências|caixas,
        ninguém consegue|pode, sistema fora, cheiro a|de gás,
        toda a rua|cidade|fábrica|empresa, resgate .. arquivos,

        nenhuma filial|loja|unidade|agência, em nenhuma,
        # pessoas|clientes|usuários|funcionários .. esperando|sem|parados,
        dados de clientes .. roubados|vazados,

        # atendentes|médicos|motoristas|alunos|pacientes .. conseguem|esperando|parados,
        todo o centro|call|hospital|colégio|armazém, visíveis .. público|todos,
        não conseguem trabalhar,

        totalmente|completamente|inteiramente .. fora|parad*|caiu|caíd*|bloquead*|inacessível,
        queda|corte|parada|paragem .. total|geral|completa,
        máquinas|caixas|linhas|terminais|equipamentos .. paradas|parados|fora|caíram,
        todas as|todos os .. telas|caixas .. fora|caíram|parad*|pret*,
        todas as|todos os .. telefones|terminais|sistemas .. fora|caíram|parad*|pret*,
        fábrica|clínica|hospital|escola .. parad*|paralisad*|fora|sem sistema,
        loja|armazém|agência|filial .. parad*|paralisad*|fora|sem sistema,
        ninguém .. consegue|trabalhar|conectar,
        dados de clientes .. públicos|roubados|vazados, nada funciona,
        todos os backups|dados .. perdid*|apagad*
        """,
    32: """
        crític*, grave*, gravemente, sever*, fraud*, golpe, golpista*, roubad*, roubo,
        hackead*, invadid*, não autorizad*, não reconheço, não reconhecid*, não fiz,
        não realizei|autorizei, queda*, inatividade, interrupções, interrupção .. serviço,
        advogado*, processo judicial, tribunal, prazo*, até amanhã|hoje|sexta,
        antes de amanhã|hoje, perda* de receita|clientes|vendas, não consigo trabalhar,
        não conseguimos trabalhar,

        invadiram, entraram .. conta, sem minha autorização|permissão, sem autorização,
        não autorizei, em meu nome, no meu nome, procon, denunciar, prazo .. hoje|amanhã,
        acaba hoje|amanhã, bebê, bebé, sem luz|energia|aquecimento,
        dados .. sumiram|perdidos|apagados, polícia, cirurgia, clonad*,
        trocaram .. senha|e mail,

        ex funcionário .. acesso, se passando por, pres* .. elevador, elevador .. parado,
        show|voo|casamento|prova .. hoje|amanhã, entrar na minha casa
        """,
    28: """
        não consigo .. acessar|entrar|aceder|pagar|fazer, em dobro, em duplicidade,
        dinheiro .. sumiu|desapareceu|falta, bloqueada, bloqueado,
        cartão .. roubado|perdido,

        sem internet, não consigo entrar|logar, duas vezes, ninguém consegue .. trabalhar
        """,
    20: """
        urgente*, urgência, urgentemente, imediat*, de imediato, o mais rápido possível,
        o mais breve possível, o quanto antes, assim que possível, agora mesmo,
        alta prioridade, prioridade máxima, significativ*, séri*, duplicidade,
        dinheiro .. sumiu|desapareceu|perdido|falta,
        não recebi .. dinheiro|reembolso|pagamento, ainda não .. reembols*,
        não consigo .. acessar|entrar|aceder, trava, nossos clientes, nossa equipe,
        fluxo de trabalho, operações, interromp*, prejudic*, atrapalh*,

        terceira vez, ainda estou esperando, há dois|três|quatro|seis meses|semanas|dias,
        continuo esperando,

        continua* tirando|cobrando|descontando,
        quatro|cinco|três|vários e mails|cartas|ligações
        """,
    13: """
        amanhã, hoje, desde ontem, vários colegas|usuários|clientes, toda vez, sempre que,

        a cada duas|três|cinco horas|minutos, perde
        """,
    9: """
        erro*, problema*, falha*, não funciona*, não consigo, não conseguimos, impossível,
        quebrad*, defeito*, incorret*, errad*, falta*, atras*, demora*, lent*,
        infelizmente, apesar de, ainda não, continua sem, outra vez, de novo, novamente,
        há # dias|semanas|meses|horas, # dias|semanas|meses|vezes|horas,
        há dias|semanas|meses, reclam*, dificuldade*, perdid*, danificad*, sem resposta,
        discrepância*, inesperad*,

        não chegou, não chega, não recebi, recusado, recusada, esqueci, inválido,
        fecha sozinho, lenta, por que, veio tão, errado, dá erro, não imprime, não aceita,
        expirad*, vencid*, important*, rapidamente,

        ainda consta, amassad*, arranhad*, ficou em, fria, frio
        """,
    5: """
        queremos|quero|gostaria de|desejo|preciso mudar|alterar|cancelar|pedir,
        queremos|quero|gostaria de|desejo|preciso devolver|adiar|incluir|remarcar,
        por favor incluam|adicionem|cancelem|alterem|excluam|enviem, expirou
        """,
    4: """
        quero cancelar|trocar|devolver|excluir, solicito acesso|alteração|mudança,
        excluam, preciso remarcar|cancelar|trocar,
        por favor alterem|corrijam|enviem|cancelem, pedido de, segunda via,
        gostaria de atualizar|cancelar|alterar
        """,
    -3: """
        quero, queria
        """,
    -11: """
        como posso|faço|podemos|se, quanto*, é possível, posso,
        poderia .. dizer|indicar|explicar|enviar|informar,
        poderiam .. fornecer|indicar|explicar|enviar|informar, gostaria de,
        preciso de ajuda para, onde posso|está|encontro, vocês têm|tem|oferecem,

        vocês entregam|aceitam|vendem, a que horas, como configuro|ativo|altero|aviso,
        aceitam, pode se, quanto custa, ^ quando, ^ qual, ^ quais, ^ onde, ^ como,
        ^ vocês, ^ posso, ^ pode, ^ há, ^ tem
        """,
    -25: """
        informações sobre|acerca|detalhadas|adicionais|gerais, mais informações,
        mais detalhes, detalhes sobre|acerca, pergunta* sobre, dúvida* sobre,
        gostaria de saber|conhecer|obter, queria saber|perguntar, interess*, curios*,
        melhores práticas, recomend*, sugest*, melhorar, melhoria*, otimizar, otimização,
        estratégia*, documentação, conselho*, consultoria,

        seria bom|útil|legal|ótimo, curiosidade
        """,
    -35: """
        não é urgente, sem pressa, não há pressa, não tem pressa, nada urgente,
        quando puder|puderem|possível, só uma dúvida|pergunta, apenas uma dúvida|pergunta,
        para sua informação,
        obrigado|obrigada pela|por|pelo excelente|rápid*|ótimo|bom|atendimento|tudo,
        excelente*, maravilhos*, ótim*, fantástic*, perfeito, adorei, muito satisfeit*,
        muito feliz, parabéns, já foi resolvido, já está resolvido, problema resolvido,
        funciona agora|bem, bom trabalho,

        muito obrigado pela|por|pelo, muito obrigada pela|por|pelo,
        atendimento excelente|ótimo, já funciona, tudo funciona, ficou resolvido,
        quando tiverem tempo,

        resolveu tudo, agradeçam
        """,
}
